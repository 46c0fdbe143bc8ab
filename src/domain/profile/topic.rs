//! Topics with names for their levels: `tele/{hub}/SENSOR`, `home/+/BTtoMQTT/#`, `tele/{hub}/MISCALE{id}`.

use std::collections::BTreeMap;

/// What the levels of a topic are called, and what stands there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captures(BTreeMap<String, String>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPattern {
    written: String,
    levels: Vec<Level>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Level {
    Is(String),
    /// Begins so; the rest has this name.
    Named {
        prefix: String,
        name: String,
    },
    /// `+`
    Any,
    /// `#`, last
    Rest,
}

impl Captures {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl TopicPattern {
    /// Reads a pattern. Nothing when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let mut levels = Vec::with_capacity(parts.len());
        for (place, part) in parts.iter().enumerate() {
            levels.push(match *part {
                "+" => Level::Any,
                "#" if place + 1 == parts.len() && place > 0 => Level::Rest,
                part => match part.split_once('{') {
                    Some((prefix, rest)) => {
                        let name = rest.strip_suffix('}').filter(|name| !name.is_empty())?;
                        if prefix.contains(['+', '#', '}']) || name.contains(['{', '}', '+', '#']) {
                            return None;
                        }
                        Level::Named { prefix: prefix.to_owned(), name: name.to_owned() }
                    }
                    None if part.contains(['+', '#', '}']) => return None,
                    None => Level::Is(part.to_owned()),
                },
            });
        }
        (!text.is_empty()).then(|| Self { written: text.to_owned(), levels })
    }

    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The names of its levels.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.levels.iter().filter_map(|level| match level {
            Level::Named { name, .. } => Some(name.as_str()),
            _ => None,
        })
    }

    /// What a broker is asked for: wildcards in place of names.
    pub fn filter(&self) -> String {
        let levels: Vec<&str> = self
            .levels
            .iter()
            .map(|level| match level {
                Level::Is(text) => text.as_str(),
                Level::Named { .. } | Level::Any => "+",
                Level::Rest => "#",
            })
            .collect();
        levels.join("/")
    }

    /// `topic`, one of this pattern's, with `value` at the level of this name.
    pub fn with(&self, topic: &str, named: &str, value: &str) -> Option<String> {
        let place = self
            .levels
            .iter()
            .position(|level| matches!(level, Level::Named { name, .. } if name == named))?;
        let Some(Level::Named { prefix, .. }) = self.levels.get(place) else { return None };
        let level = format!("{prefix}{value}");
        let levels: Vec<&str> = topic
            .split('/')
            .enumerate()
            .map(|(at, part)| if at == place { level.as_str() } else { part })
            .collect();
        Some(levels.join("/"))
    }

    pub fn captures(&self, topic: &str) -> Option<Captures> {
        let mut captures = Captures::default();
        let mut parts = topic.split('/');
        for level in &self.levels {
            if *level == Level::Rest {
                return Some(captures);
            }
            let part = parts.next()?;
            match level {
                Level::Is(text) if text == part => {}
                Level::Any => {}
                Level::Named { prefix, name } => {
                    let rest = part.strip_prefix(prefix.as_str()).filter(|rest| !rest.is_empty())?;
                    captures.0.insert(name.clone(), rest.to_owned());
                }
                Level::Is(_) | Level::Rest => return None,
            }
        }
        parts.next().is_none().then_some(captures)
    }
}
