//! The parts of a profile: topics, places, predicates, how the payload is read, when it was measured.

use serde_json::Value;
use toml::Spanned;
use toml::de::DeValue;

use jiff::tz::TimeZone;

use crate::catalog::fault::Report;
use crate::catalog::table::{Table, number_of, text_of};
use crate::domain::format::Format;
use crate::domain::profile::{
    Check, DeviceEvent, Encoding, FormatFrom, Path, Place, Read, Retained, Rule, Test, Then, TimeFormat,
    TimeRule, TopicPattern, Zone,
};
use crate::domain::stream::{Keep, Stream};
use crate::domain::vital::Vital;

type Marked<'t> = &'t Spanned<DeValue<'t>>;

pub(super) fn topics(texts: Vec<Spanned<String>>, report: &mut Report<'_>) -> Vec<TopicPattern> {
    texts
        .into_iter()
        .filter_map(|text| {
            let pattern = TopicPattern::parse(text.get_ref());
            if pattern.is_none() {
                let why = "this is no topic pattern; write tele/{hub}/SENSOR, with + for one level and # for the rest";
                report.add(text.span(), why);
            }
            pattern
        })
        .collect()
}

pub(super) fn place(text: &Spanned<String>, report: &mut Report<'_>) -> Option<Place> {
    let place = Place::parse(text.get_ref());
    if place.is_none() {
        let why = "this is no place; write weight in the item, $.time in the message, {unit} of the topic";
        report.add(text.span(), why);
    }
    place
}

pub(super) fn places(texts: Vec<Spanned<String>>, report: &mut Report<'_>) -> Vec<Place> {
    texts.iter().filter_map(|text| place(text, report)).collect()
}

pub(super) fn paths(texts: Vec<Spanned<String>>, report: &mut Report<'_>) -> Vec<Path> {
    let mut found = Vec::new();
    for text in texts {
        match Path::parse(text.get_ref().strip_prefix("$.").unwrap_or(text.get_ref())) {
            Some(path) => found.push(path),
            None => report.add(text.span(), "this is no path; write data.value"),
        }
    }
    found
}

pub(super) fn tests(values: Vec<Marked<'_>>, report: &mut Report<'_>) -> Vec<Test> {
    values.into_iter().filter_map(|value| test(value, report)).collect()
}

fn test(value: Marked<'_>, report: &mut Report<'_>) -> Option<Test> {
    let mut table = Table::from_value(value, "a predicate", report)?;
    let at = table.text("place", report);
    let mut checks = Vec::new();
    if let Some(wanted) = table.maybe("exists") {
        match wanted.get_ref().as_bool() {
            Some(wanted) => checks.push(Check::Exists(wanted)),
            None => report.add(wanted.span(), "'exists' must be true or false"),
        }
    }
    if let Some(wanted) = table.maybe("equals") {
        checks.extend(plain(wanted, report).map(Check::Equals));
    }
    let one_of: Vec<Value> = values(table.maybe_list("one_of", report), report);
    if !one_of.is_empty() {
        checks.push(Check::OneOf(one_of));
    }
    let not_one_of: Vec<Value> = values(table.maybe_list("not_one_of", report), report);
    if !not_one_of.is_empty() {
        checks.push(Check::NotOneOf(not_one_of));
    }
    if let Some(prefix) = table.maybe_text("prefix", report) {
        checks.push(Check::Prefix(prefix.into_inner()));
    }
    if let Some(limit) = table.maybe_number("above", report) {
        checks.extend(limit.map(|limit| Check::Above(limit.into_inner())));
    }
    if let Some(limit) = table.maybe_number("below", report) {
        checks.extend(limit.map(|limit| Check::Below(limit.into_inner())));
    }
    let span = table.span();
    table.close(report);
    let place = place(&at?, report)?;
    match <[Check; 1]>::try_from(checks) {
        Ok([check]) => Some(Test { place, check }),
        Err(_) => {
            report.add(
                span,
                "a predicate needs exactly one of exists, equals, one_of, not_one_of, prefix, above, below",
            );
            None
        }
    }
}

fn values(elements: Vec<Marked<'_>>, report: &mut Report<'_>) -> Vec<Value> {
    elements.into_iter().filter_map(|value| plain(value, report)).collect()
}

/// A text, a number, or true or false.
fn plain(value: Marked<'_>, report: &mut Report<'_>) -> Option<Value> {
    match value.get_ref() {
        DeValue::String(text) => Some(Value::from(text.as_ref())),
        DeValue::Boolean(said) => Some(Value::from(*said)),
        _ => number_of(value, "a value", report).map(Value::from),
    }
}

pub(super) fn read(mut table: Table<'_>, report: &mut Report<'_>) -> Option<Read> {
    let kind = table.text("kind", report)?;
    let read = match kind.get_ref().as_str() {
        "json" => {
            let each = table.maybe_text("each", report).map(|text| paths(vec![text], report));
            Some(Read::Json { each: each.and_then(|mut paths| paths.pop()) })
        }
        "number" => Some(Read::Number),
        "text" => Some(Read::Text),
        "sparkplug" => Some(Read::Sparkplug),
        "columns" => {
            let separator = table.text("separator", report)?;
            let names: Vec<String> =
                table.texts("columns", report).into_iter().map(Spanned::into_inner).collect();
            let least = table.whole("least", 1..=100, report)?;
            let mut characters = separator.get_ref().chars();
            match (characters.next(), characters.next()) {
                (Some(separator), None) => {
                    let least = usize::try_from(least.into_inner()).ok()?;
                    Some(Read::Columns { separator, names, least })
                }
                _ => {
                    report.add(separator.span(), "'separator' must be one character");
                    None
                }
            }
        }
        "format" => format(&mut table, report),
        _ => {
            report.add(kind.span(), "'kind' must be json, number, text, columns, sparkplug or format");
            None
        }
    };
    table.close(report);
    read
}

fn format(table: &mut Table<'_>, report: &mut Report<'_>) -> Option<Read> {
    let bytes = table.maybe_text("bytes", report).and_then(|text| place(&text, report));
    let encoding = match table.maybe_text("encoding", report) {
        None => Encoding::Json,
        Some(given) => match given.get_ref().as_str() {
            "hex" => Encoding::Hex,
            "base64" => Encoding::Base64,
            "json" => Encoding::Json,
            _ => {
                report.add(given.span(), "'encoding' must be hex, base64 or json");
                return None;
            }
        },
    };
    let sender = table.maybe_text("sender", report).and_then(|text| place(&text, report));
    let named = table.text("format", report)?;
    let format = match named.get_ref().split_once(":$") {
        // `gatt:$characteristic`: the message says which.
        Some((kind, by)) => FormatFrom::Told {
            kind: kind.to_owned(),
            by: place(&Spanned::new(named.span(), by.to_owned()), report)?,
        },
        None => match Format::from_name(named.get_ref()) {
            Some(format) => FormatFrom::Named(format),
            None => {
                report.add(named.span(), format!("this is no format; the formats are {}", Format::NAMES));
                return None;
            }
        },
    };
    Some(Read::Format { bytes, encoding, format, sender })
}

pub(super) fn rule(value: Marked<'_>, report: &mut Report<'_>) -> Option<Rule> {
    let mut table = Table::from_value(value, "a rule", report)?;
    let when = tests(table.list("when", report), report);
    let then = table.text("then", report);
    let why = table.text("why", report);
    table.close(report);
    let then = then?;
    let meaning = match then.get_ref().as_str() {
        "ignore" => Some(Then::Ignore),
        "hold" => Some(Then::Hold),
        "reject" => Some(Then::Reject),
        other => other.strip_prefix("event:").and_then(DeviceEvent::from_name).map(Then::Event),
    };
    if meaning.is_none() {
        report.add(then.span(), "'then' must be ignore, hold, reject, event:sos or event:fall");
    }
    Some(Rule { when, then: meaning?, why: why?.into_inner() })
}

pub(super) fn time(mut table: Table<'_>, report: &mut Report<'_>) -> Option<TimeRule> {
    let from = table.text("from", report).and_then(|text| place(&text, report));
    let format = table.text("format", report);
    let zone = table.maybe_text("zone", report);
    let ignore_offset = match table.maybe("ignore_offset") {
        None => false,
        Some(value) => value.get_ref().as_bool().unwrap_or_else(|| {
            report.add(value.span(), "'ignore_offset' must be true or false");
            false
        }),
    };
    table.close(report);
    let format = match format?.into_inner().as_str() {
        "iso" => TimeFormat::Iso,
        "unix" => TimeFormat::Unix,
        "unix_ms" => TimeFormat::UnixMs,
        pattern => TimeFormat::Pattern(pattern.to_owned()),
    };
    let zone = match zone {
        None => Zone::DeviceLocal,
        Some(zone) => match zone.get_ref().as_str() {
            "utc" => Zone::Utc,
            "device-local" => Zone::DeviceLocal,
            name => match TimeZone::get(name) {
                Ok(zone) => Zone::Named(zone),
                Err(_) => {
                    report.add(zone.span(), "'zone' must be utc, device-local or a name like Europe/London");
                    return None;
                }
            },
        },
    };
    Some(TimeRule { from: from?, format, zone, ignore_offset })
}

pub(super) fn retained(text: Option<Spanned<String>>, report: &mut Report<'_>) -> Option<Retained> {
    let text = text?;
    match text.get_ref().as_str() {
        "ignore" => Some(Retained::Ignore),
        "accept_once" => Some(Retained::AcceptOnce),
        _ => {
            report.add(text.span(), "'retained' must be ignore or accept_once");
            None
        }
    }
}

/// `[stream]`: what is kept at once. A median or a last value would be known only when its window is over.
pub(super) fn stream(mut table: Table<'_>, report: &mut Report<'_>) -> Option<Stream> {
    let seconds = table.whole("window_seconds", 1..=3600, report);
    let keep = table.text("keep", report);
    let of = table.maybe_text("of", report);
    table.close(report);
    let (seconds, keep) = (seconds?, keep?);
    let vital = of.as_ref().map(|of| (Vital::from_name(of.get_ref()), of.span()));
    let keep = match (keep.get_ref().as_str(), vital) {
        ("first", None) => Keep::First,
        ("lowest", Some((Some(vital), _))) => Keep::Lowest(vital),
        ("highest", Some((Some(vital), _))) => Keep::Highest(vital),
        (_, Some((None, span))) => {
            report.add(span, "'of' is no vital");
            return None;
        }
        _ => {
            let why = "'keep' must be first, or lowest or highest with 'of', a vital; a median or a last value is known \
                       only when its window is over, and no reading waits for that";
            report.add(keep.span(), why);
            return None;
        }
    };
    let stream = u32::try_from(*seconds.get_ref()).ok().and_then(|seconds| Stream::new(seconds, keep));
    if stream.is_none() {
        report.add(seconds.span(), "'window_seconds' must go into a day without a rest: 10, 60, 300");
    }
    stream
}

/// One place, or several of which the first that holds something counts.
pub(super) fn alternatives(value: Marked<'_>, report: &mut Report<'_>) -> Vec<Place> {
    let texts: Vec<Spanned<String>> = match value.get_ref() {
        DeValue::Array(elements) => {
            elements.iter().filter_map(|element| text_of(element, "from", report)).collect()
        }
        _ => text_of(value, "from", report).into_iter().collect(),
    };
    places(texts, report)
}
