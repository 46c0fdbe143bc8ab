//! What nodes and devices said at their birth: which name an alias stands for. Kept in memory and bounded: what is forgotten
//! is in doubt until the node is born again, and never guessed.

use std::borrow::Cow;
use std::collections::HashMap;

use super::wire::{Fields, Value, put_bytes, put_varint};
use super::{Metric, Node, parse, parse_metric};
use crate::domain::event::RAW_LIMIT;

const PREFIX: &str = "spBv1.0/";
/// Nodes and devices that are remembered; the one that was born longest ago goes first.
const MOST: usize = 2000;
/// Names that a birth may have in all, in bytes.
const MOST_BYTES: usize = 32 * 1024;

/// Whom a message is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Speaker {
    group: String,
    node: String,
    /// Nothing: the node itself.
    device: Option<String>,
}

#[derive(Debug, Clone)]
struct Birth {
    turn: u64,
    /// Name and datatype by alias.
    names: HashMap<u64, (String, Option<u64>)>,
}

/// The births that were heard on one connection to the broker.
#[derive(Debug, Clone, Default)]
pub struct Births {
    known: HashMap<Speaker, Birth>,
    /// The last number in a row of each node: whoever misses one may have missed a birth.
    last: HashMap<Node, u8>,
    lost: Option<Node>,
    turn: u64,
}

impl Births {
    /// The message with a name at every metric whose alias is known; what is no Sparkplug stays as it is. A birth is
    /// remembered.
    pub fn name<'b>(&mut self, topic: &str, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let Some((kind, speaker)) = address(topic).filter(|_| bytes.len() <= RAW_LIMIT) else {
            return Cow::Borrowed(bytes);
        };
        self.count(kind, &speaker, bytes);
        match kind {
            "NBIRTH" | "DBIRTH" => {
                self.learn(speaker, bytes);
                Cow::Borrowed(bytes)
            }
            "NDATA" | "DDATA" => {
                let named = self.named(&speaker, bytes).map_or(Cow::Borrowed(bytes), Cow::Owned);
                if has_aliases_alone(&named) {
                    self.lost = Some(speaker.node());
                }
                named
            }
            "NDEATH" | "DDEATH" => {
                self.forget(&speaker);
                Cow::Borrowed(bytes)
            }
            _ => Cow::Borrowed(bytes),
        }
    }

    /// The node, if any, that was not understood since this was last asked: it spoke by aliases that no birth has
    /// explained, or something that it sent never came. It should be asked to be born again.
    pub fn take_lost(&mut self) -> Option<Node> {
        self.lost.take()
    }

    /// Holds a message's number against the one before. What comes twice has the same one.
    fn count(&mut self, kind: &str, speaker: &Speaker, bytes: &[u8]) {
        if !matches!(kind, "NBIRTH" | "DBIRTH" | "NDATA" | "DDATA" | "DDEATH") {
            return;
        }
        let Some(number) = number_of(bytes) else { return };
        let node = speaker.node();
        let before = self.last.get(&node).copied();
        let follows = before.is_none_or(|before| number == before || number == before.wrapping_add(1));
        if self.last.len() >= MOST && before.is_none() {
            // Without a number to begin at nothing is ever missed: what is lost is only that it would have been noticed.
            self.last.clear();
        }
        self.last.insert(node.clone(), number);
        if kind != "NBIRTH" && !follows {
            self.lost = Some(node);
        }
    }

    fn learn(&mut self, speaker: Speaker, bytes: &[u8]) {
        let Ok((_, metrics)) = parse(bytes) else { return };
        self.forget(&speaker);
        let named = |metric: &Metric<'_>| Some((metric.alias?, (metric.name?.to_owned(), metric.datatype)));
        let names: HashMap<u64, (String, Option<u64>)> = metrics.iter().filter_map(named).collect();
        if names.values().map(|(name, _)| name.len()).sum::<usize>() > MOST_BYTES {
            return;
        }
        if self.known.len() >= MOST
            && let Some(oldest) =
                self.known.iter().min_by_key(|(_, birth)| birth.turn).map(|(who, _)| who.clone())
        {
            self.known.remove(&oldest);
        }
        self.turn += 1;
        self.known.insert(speaker, Birth { turn: self.turn, names });
    }

    /// A node that dies or is born again takes its devices along.
    fn forget(&mut self, speaker: &Speaker) {
        match speaker.device {
            Some(_) => drop(self.known.remove(speaker)),
            None => self.known.retain(|who, _| who.group != speaker.group || who.node != speaker.node),
        }
    }

    fn named(&self, speaker: &Speaker, bytes: &[u8]) -> Option<Vec<u8>> {
        let own = self.known.get(speaker)?;
        let mut out = Vec::with_capacity(bytes.len() * 2);
        for field in Fields::of(bytes) {
            let field = field.ok()?;
            match (field.number, field.value) {
                (2, Value::Bytes(metric)) => {
                    let said = parse_metric(metric).ok()?;
                    let known =
                        said.alias.filter(|_| said.name.is_none()).and_then(|alias| own.names.get(&alias));
                    let mut inner = Vec::with_capacity(metric.len() + 64);
                    if let Some((name, datatype)) = known {
                        put_bytes(&mut inner, 1, name.as_bytes());
                        if let (None, Some(datatype)) = (said.datatype, datatype) {
                            put_varint(&mut inner, 4 << 3);
                            put_varint(&mut inner, *datatype);
                        }
                    }
                    inner.extend_from_slice(metric);
                    put_bytes(&mut out, 2, &inner);
                }
                _ => out.extend_from_slice(field.raw),
            }
        }
        // Beyond it nothing is kept whole: then it stays in doubt.
        (out.len() <= RAW_LIMIT).then_some(out)
    }
}

impl Speaker {
    fn node(&self) -> Node {
        Node { group: self.group.clone(), node: self.node.clone() }
    }
}

/// Whether a message has metrics that only an alias names.
fn has_aliases_alone(bytes: &[u8]) -> bool {
    let is_bare = |metric: &Metric<'_>| metric.name.is_none() && metric.alias.is_some();
    parse(bytes).is_ok_and(|(_, metrics)| metrics.iter().any(is_bare))
}

/// A message's number in the row of its node.
fn number_of(bytes: &[u8]) -> Option<u8> {
    let number = |field: super::wire::Field<'_>| match (field.number, field.value) {
        (3, Value::Varint(number)) => u8::try_from(number).ok(),
        _ => None,
    };
    Fields::of(bytes).map_while(Result::ok).find_map(number)
}

/// What kind of message a topic is for, and whom it is of.
fn address(topic: &str) -> Option<(&str, Speaker)> {
    let mut levels = topic.strip_prefix(PREFIX)?.split('/');
    let (group, kind, node) = (levels.next()?, levels.next()?, levels.next()?);
    let device = levels.next().map(str::to_owned);
    let speaker = Speaker { group: group.to_owned(), node: node.to_owned(), device };
    levels.next().is_none().then_some((kind, speaker))
}
