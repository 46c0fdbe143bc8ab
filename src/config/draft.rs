//! Values gathered from the file and the environment, each with where it came from, so that a fault names its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::key::{KEYS, Key, Kind, is_section, known_beside};
use super::{ConfigError, PREFIX};

/// A secret is a line, not a document.
const SECRET_LIMIT: u64 = 16 * 1024;

/// Every value as text, by its key's path.
pub(super) struct Draft {
    file: String,
    values: BTreeMap<&'static str, Found>,
    /// Sections that the file opens, empty ones too.
    sections: BTreeSet<String>,
}

struct Found {
    text: String,
    /// `file:line:column`, or a variable.
    place: String,
}

impl Draft {
    pub fn gather(
        text: &str,
        path: &Path,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let mut draft = Self { file, values: BTreeMap::new(), sections: BTreeSet::new() };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().replace('\n', "; ");
            draft.fault_at(text, at, &format!("is not TOML here: {message}"))
        })?;
        draft.take_table(text, "", table.get_ref())?;
        draft.take_environment(env)?;
        match draft.values.iter().find(|(_, found)| found.text.is_empty()) {
            Some((path, _)) => Err(draft.fault(path, "must not be empty")),
            None => Ok(draft),
        }
    }

    /// The value of a key that may be left out.
    pub fn read<T>(
        &self,
        path: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(found) = self.values.get(path) else { return Ok(None) };
        parse(&found.text).map(Some).map_err(|why| self.fault(path, &why))
    }

    /// The value of a key that must be there.
    pub fn need<T>(
        &self,
        path: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        self.read(path, parse)?.ok_or_else(|| self.missing(path))
    }

    /// Whether the file opens this section or anything sets one of its keys.
    pub fn has_section(&self, section: &str) -> bool {
        let inside = |path: &str| path.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
        self.sections.contains(section) || self.values.keys().any(|path| inside(path))
    }

    /// A fault of the key at `path`, at the place where its value came from.
    pub fn fault(&self, path: &str, why: &str) -> ConfigError {
        let place = self.values.get(path).map_or_else(|| self.file.clone(), |found| found.place.clone());
        ConfigError::Fault { place, why: format!("{path} {why}") }
    }

    fn missing(&self, path: &str) -> ConfigError {
        let variable = Key::find(path).map(Key::variable).unwrap_or_default();
        let or_file = match Key::find(path).and_then(Key::file_variable) {
            Some(file_variable) => format!(", or name its file as {file_variable}"),
            None => String::new(),
        };
        self.fault(path, &format!("is missing; set it in the file or as {variable}{or_file}"))
    }

    fn fault_at(&self, text: &str, offset: usize, why: &str) -> ConfigError {
        ConfigError::Fault { place: self.place(text, offset), why: why.to_owned() }
    }

    fn place(&self, text: &str, offset: usize) -> String {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.file)
    }

    fn take_table(&mut self, text: &str, section: &str, table: &DeTable<'_>) -> Result<(), ConfigError> {
        for (name, value) in table {
            let path = match section {
                "" => name.get_ref().to_string(),
                _ => format!("{section}.{}", name.get_ref()),
            };
            let found = match value.get_ref() {
                DeValue::Table(inner) if is_section(&path) => {
                    self.sections.insert(path.clone());
                    self.take_table(text, &path, inner)?;
                    continue;
                }
                other => other,
            };
            let Some(key) = Key::find(&path) else {
                let why = if is_section(&path) {
                    format!("{path} must be a section: write [{path}] on a line of its own")
                } else {
                    format!("{} is not a known key; {}", shown(&path), known_beside(&path))
                };
                return Err(self.fault_at(text, name.span().start, &why));
            };
            let value_text = match (key.kind, found) {
                (Kind::Text | Kind::Secret, DeValue::String(value)) => value.to_string(),
                (Kind::Integer, DeValue::Integer(value)) if value.radix() == 10 => value.as_str().to_owned(),
                (Kind::Flag, DeValue::Boolean(value)) => value.to_string(),
                (kind, _) => {
                    let wanted = match kind {
                        Kind::Integer => "a whole number",
                        Kind::Flag => "true or false",
                        Kind::Text | Kind::Secret => "text in quotation marks",
                    };
                    let why = format!("{path} must be {wanted}, not {}", kind_of(found));
                    return Err(self.fault_at(text, value.span().start, &why));
                }
            };
            let place = self.place(text, value.span().start);
            self.values.insert(key.path, Found { text: value_text, place });
        }
        Ok(())
    }

    fn take_environment(
        &mut self,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        let env: BTreeMap<_, _> = env.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
        for (name, value) in &env {
            let plain = KEYS.iter().find(|key| key.variable() == *name);
            let in_file = KEYS.iter().find(|key| key.file_variable().as_ref() == Some(name));
            let (key, text) = match (plain, in_file) {
                (Some(key), _) => (key, value.clone()),
                (None, Some(key)) if env.contains_key(&key.variable()) => {
                    let why = format!("stands beside {}; set only one of them", key.variable());
                    return Err(ConfigError::Fault { place: name.clone(), why });
                }
                (None, Some(key)) => (key, read_secret(name, value)?),
                (None, None) => {
                    let path = name[PREFIX.len()..].to_ascii_lowercase().replace("__", ".");
                    let why = format!("is not a known setting; {}", known_beside(&path));
                    return Err(ConfigError::Fault { place: shown(name), why });
                }
            };
            self.values.insert(key.path, Found { text, place: name.clone() });
        }
        Ok(())
    }
}

/// The content of a secret's file without the line break that editors put at its end.
fn read_secret(variable: &str, path: &str) -> Result<String, ConfigError> {
    let mut secret = String::new();
    let read = File::open(path).and_then(|file| file.take(SECRET_LIMIT + 1).read_to_string(&mut secret));
    let fault = |why: String| ConfigError::Fault { place: variable.to_owned(), why };
    match read {
        Err(source) => return Err(fault(format!("the file {} cannot be read: {source}", shown(path)))),
        Ok(bytes) if bytes as u64 > SECRET_LIMIT => {
            return Err(fault(format!("the file {} is too long for a secret", shown(path))));
        }
        Ok(_) => {}
    }
    let line =
        secret.strip_suffix('\n').map_or(secret.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if line.is_empty() {
        return Err(fault(format!("the file {} is empty", shown(path))));
    }
    Ok(line.to_owned())
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

/// A name that somebody else chose, without line breaks and the like.
fn shown(name: &str) -> String {
    name.chars().take(120).flat_map(char::escape_debug).collect()
}
