//! The content hash of the site's file. Comments, blanks and the order of keys say nothing, and change nothing.

use ring::digest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The first 16 hex digits of the SHA-256 of what the document says.
pub(super) fn of(document: &Spanned<DeTable<'_>>) -> String {
    let mut said = String::new();
    say_table(document.get_ref(), &mut said);
    let hash = digest::digest(&digest::SHA256, said.as_bytes());
    hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn say_table(table: &DeTable<'_>, said: &mut String) {
    let mut entries: Vec<_> = table.iter().map(|(name, value)| (name.get_ref().as_ref(), value)).collect();
    entries.sort_by_key(|(name, _)| *name);
    said.push('{');
    for (name, value) in entries {
        say_text(name, said);
        say(value.get_ref(), said);
    }
    said.push('}');
}

fn say(value: &DeValue<'_>, said: &mut String) {
    match value {
        DeValue::Table(table) => say_table(table, said),
        DeValue::Array(values) => {
            said.push('[');
            values.iter().for_each(|value| say(value.get_ref(), said));
            said.push(']');
        }
        DeValue::String(text) => say_text(text, said),
        DeValue::Integer(number) => say_text(number.as_str(), said),
        DeValue::Float(number) => say_text(number.as_str(), said),
        DeValue::Boolean(flag) => said.push_str(if *flag { "yes;" } else { "no;" }),
        // A date says the same with quotes and without.
        DeValue::Datetime(date) => say_text(&date.to_string(), said),
    }
}

/// With its length, so that no two texts run into one another.
fn say_text(text: &str, said: &mut String) {
    said.push_str(&format!("{}:{text};", text.len()));
}
