//! Asking a node to be born again: the command `Node Control/Rebirth`, to which a node answers with all its names.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::wire::{put_bytes, put_varint};

/// A node that has more to say than it is asked for needs no second asking.
const EVERY: SignedDuration = SignedDuration::from_mins(1);
const METRIC: &str = "Node Control/Rebirth";
/// The datatype of a truth.
const BOOLEAN: u64 = 11;

/// A node, by the two levels of its topics that name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Node {
    pub group: String,
    pub node: String,
}

/// A message to a node. Never retained, and nobody waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub topic: String,
    pub payload: Vec<u8>,
}

/// Whom we have asked, and when.
#[derive(Debug, Clone, Default)]
pub struct Rebirths {
    asked: HashMap<Node, Timestamp>,
}

impl Rebirths {
    /// Nodes that may be asked within a minute. Of more than these somebody is making names up.
    pub const MOST: usize = 1000;

    /// What to send to a node whose words are not understood; nothing if it was asked within the minute.
    pub fn ask(&mut self, node: Node, now: Timestamp) -> Option<Command> {
        // A clock that goes back must not keep anybody from being asked.
        self.asked.retain(|_, at| now.duration_since(*at).abs() < EVERY);
        if self.asked.contains_key(&node) || self.asked.len() >= Self::MOST {
            return None;
        }
        let command = Command {
            topic: format!("spBv1.0/{}/NCMD/{}", node.group, node.node),
            payload: payload(now.as_millisecond()),
        };
        self.asked.insert(node, now);
        Some(command)
    }
}

/// One metric, true, and when it was sent.
fn payload(now_ms: i64) -> Vec<u8> {
    let at = u64::try_from(now_ms).unwrap_or_default();
    let mut metric = Vec::new();
    put_bytes(&mut metric, 1, METRIC.as_bytes());
    for (number, value) in [(3, at), (4, BOOLEAN), (14, 1)] {
        put_varint(&mut metric, number << 3);
        put_varint(&mut metric, value);
    }
    let mut payload = Vec::new();
    put_varint(&mut payload, 1 << 3);
    put_varint(&mut payload, at);
    put_bytes(&mut payload, 2, &metric);
    payload
}
