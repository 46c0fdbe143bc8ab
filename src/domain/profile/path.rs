//! Where in a message a value stands.

use serde_json::Value;

use super::Scope;

/// A path through JSON: names, `*` at the end of a name for any that begins so, and `[*]` for every element of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    /// Every name that begins so.
    Prefix(String),
    Each,
    Index(usize),
}

/// A path, and what it starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `weight`: in the item that is looked at.
    Item(Path),
    /// `$.Time`: in the whole message.
    Root(Path),
    /// `{unit}`: a level of the topic.
    Capture(String),
}

impl Path {
    /// Reads a path as profiles write it. Nothing when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (name, brackets) = part.find('[').map_or((part, ""), |at| part.split_at(at));
            match name.strip_suffix('*') {
                Some(prefix) => steps.push(Step::Prefix(prefix.to_owned())),
                None if !name.is_empty() => steps.push(Step::Name(name.to_owned())),
                None if brackets.is_empty() => return None,
                None => {}
            }
            for bracket in brackets.split_terminator(']') {
                steps.push(match bracket.strip_prefix('[')? {
                    "*" => Step::Each,
                    index => Step::Index(index.parse().ok()?),
                });
            }
        }
        Some(Self(steps))
    }

    /// Everything that stands there, in the order of the message.
    pub fn all<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![value];
        for step in &self.0 {
            found = found.into_iter().flat_map(|value| step.of(value)).collect();
        }
        found
    }

    /// Changes everything that stands there.
    pub fn change(&self, value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
        change_at(&self.0, value, change);
    }

    /// Takes out what stands there. Whether anything did.
    pub fn remove(&self, value: &mut Value) -> bool {
        let [above @ .., Step::Name(last)] = self.0.as_slice() else { return false };
        let mut place = value;
        for step in above {
            let Step::Name(name) = step else { return false };
            match place.get_mut(name) {
                Some(inner) => place = inner,
                None => return false,
            }
        }
        place.as_object_mut().is_some_and(|object| object.remove(last).is_some())
    }

    /// The first thing that stands there and is not null.
    pub fn first<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.all(value).into_iter().find(|value| !value.is_null())
    }
}

fn change_at(steps: &[Step], value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    let Some((step, rest)) = steps.split_first() else { return change(value) };
    match (step, value) {
        (Step::Name(name), Value::Object(object)) => {
            object.get_mut(name).into_iter().for_each(|inner| change_at(rest, inner, change));
        }
        (Step::Prefix(prefix), Value::Object(object)) => object
            .iter_mut()
            .filter(|(name, _)| name.starts_with(prefix))
            .for_each(|(_, inner)| change_at(rest, inner, change)),
        (Step::Each, Value::Array(items)) => {
            items.iter_mut().for_each(|inner| change_at(rest, inner, change));
        }
        (Step::Index(index), Value::Array(items)) => {
            items.get_mut(*index).into_iter().for_each(|inner| change_at(rest, inner, change));
        }
        _ => {}
    }
}

impl Step {
    fn of<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match self {
            Self::Name(name) => value.get(name).into_iter().collect(),
            Self::Index(index) => value.get(index).into_iter().collect(),
            Self::Each => value.as_array().map(|items| items.iter().collect()).unwrap_or_default(),
            Self::Prefix(prefix) => value
                .as_object()
                .map(|object| {
                    object
                        .iter()
                        .filter(|(name, _)| name.starts_with(prefix))
                        .map(|(_, value)| value)
                        .collect()
                })
                .unwrap_or_default(),
        }
    }
}

impl Place {
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            return Some(Self::Capture(name.to_owned()));
        }
        match text.strip_prefix("$.") {
            Some(path) => Path::parse(path).map(Self::Root),
            None => Path::parse(text).map(Self::Item),
        }
    }

    pub(super) fn value(&self, scope: Scope<'_>) -> Option<Value> {
        match self {
            Self::Item(path) => path.first(scope.item).cloned(),
            Self::Root(path) => path.first(scope.root).cloned(),
            Self::Capture(name) => scope.captures.get(name).map(|text| Value::String(text.to_owned())),
        }
    }

    /// A text or a number, as text. Anything else is no name of anything.
    pub(super) fn text(&self, scope: Scope<'_>) -> Option<String> {
        match self.value(scope)? {
            Value::String(text) if !text.is_empty() => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}
