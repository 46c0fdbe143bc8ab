//! How each column reads its cell. Cells arrive trimmed and not empty; a fault says what to write instead.
//! Faults quote ids and rule names, never a person's name, number or date.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Limit;
use crate::domain::decide::Catalog;
use crate::domain::id::{DeviceId, PatientId, ProtocolId, RuleId};
use crate::domain::patient::{Consent, NhsNumber};
use crate::domain::rule::Rule;

const WORDS_LIMIT: usize = 200;
const ID_LIMIT: usize = 64;
const LABEL_LIMIT: usize = 20;
/// Nobody has lived longer than 122 years: an older date of birth is a slip.
const OLDEST_YEARS: i16 = 130;

/// ISO 639-1: <https://www.loc.gov/standards/iso639-2/php/code_list.php>.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy \
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig \
    ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml \
    mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg \
    si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh \
    yi yo za zh zu";

pub(super) fn patient_id(cell: &str) -> Result<PatientId, String> {
    PatientId::parse(cell).map_err(|_| "must be 1 to 64 letters, digits, '.', '_', ':' or '-'".to_owned())
}

/// Free words on one line: runs of white space, line breaks too, become one space.
pub(super) fn words(cell: &str) -> Result<String, String> {
    let words = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > WORDS_LIMIT {
        return Err(format!("is longer than {WORDS_LIMIT} characters"));
    }
    if words.contains('\u{fffd}') {
        return Err("has lost letters to a wrong encoding; save the list again as UTF-8".to_owned());
    }
    if words.chars().any(char::is_control) {
        return Err("holds control characters; type it again".to_owned());
    }
    Ok(words)
}

/// A word or three that people say to tell somebody from others, and that can be typed back.
pub(super) fn label(cell: &str) -> Result<String, String> {
    let label = words(cell)?;
    let fits = label.chars().count() <= LABEL_LIMIT
        && label.chars().any(char::is_alphabetic)
        && label.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\''));
    if fits {
        Ok(label)
    } else {
        Err(format!("must be a word or two like Mum, of at most {LABEL_LIMIT} letters"))
    }
}

pub(super) fn nhs_number(cell: &str) -> Result<NhsNumber, String> {
    NhsNumber::parse(cell)
        .ok_or_else(|| "is not an NHS number: it needs ten digits with the right last one".to_owned())
}

pub(super) fn date_of_birth(cell: &str, today: Date) -> Result<String, String> {
    let shaped = cell.len() == 10 && cell.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date: Option<Date> = if shaped { cell.parse().ok() } else { None };
    match date {
        None => Err("is not a date; write it like 1951-03-28".to_owned()),
        Some(date) if date > today => Err("lies in the future".to_owned()),
        Some(date) if date.year() < today.year() - OLDEST_YEARS => {
            Err(format!("lies more than {OLDEST_YEARS} years back"))
        }
        Some(date) => Ok(date.to_string()),
    }
}

pub(super) fn language(cell: &str) -> Result<String, String> {
    let code = cell.to_ascii_lowercase();
    if LANGUAGES.split_ascii_whitespace().any(|known| known == code) {
        Ok(code)
    } else {
        Err(format!("{} is not an ISO 639-1 code; write two letters like en, cy or ur", shown(cell)))
    }
}

pub(super) fn time_zone(cell: &str) -> Result<String, String> {
    TimeZone::get(cell)
        .ok()
        .filter(|zone| !zone.is_unknown())
        .and_then(|zone| zone.iana_name().map(str::to_owned))
        .ok_or_else(|| format!("{} is not a time zone; write an IANA name like Europe/London", shown(cell)))
}

pub(super) fn consent(cell: &str) -> Result<Consent, String> {
    Consent::from_name(cell).ok_or_else(|| "must be opt_in, opt_out or given".to_owned())
}

pub(super) fn device(item: &str) -> Result<DeviceId, String> {
    DeviceId::parse(item).map_err(|_| {
        let item = shown(item);
        format!("{item} is not a device id: use 1 to 64 letters, digits, '.', '_', ':' or '-', parted by ';'")
    })
}

pub(super) fn protocol(item: &str, catalog: &Catalog) -> Result<ProtocolId, String> {
    let fits = item.len() <= ID_LIMIT
        && item.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
    if !fits {
        let item = shown(item);
        return Err(format!(
            "{item} is not a protocol id: use small letters, digits, '_' or '-', parted by ';'"
        ));
    }
    let known = catalog.protocols.keys().find(|id| id.as_str() == item).cloned();
    known.ok_or_else(|| {
        let known = listed(catalog.protocols.keys().map(ProtocolId::as_str));
        format!("names no protocol {}; the protocols are {known}", shown(item))
    })
}

pub(super) fn limit(item: &str, rules: &[Rule]) -> Result<Limit, String> {
    let parts = item.split_once('=').and_then(|(name, value)| {
        let (rule, parameter) = name.trim().rsplit_once('.')?;
        Some((rule.trim(), parameter.trim(), value.trim()))
    });
    let Some((rule_id, parameter, value)) = parts else {
        return Err(format!("{} must be written rule.parameter=value, parted by ';'", shown(item)));
    };
    let Some(rule) = rules.iter().find(|rule| rule.id.as_str() == rule_id) else {
        let known = listed(rules.iter().map(|rule| rule.id.as_str()));
        return Err(format!("names no rule {}; the rules are {known}", shown(rule_id)));
    };
    let Some(bounds) = rule.parameters.get(parameter) else {
        let known = listed(rule.parameters.keys().map(String::as_str));
        return Err(format!("names no parameter {} of {rule_id}; it has {known}", shown(parameter)));
    };
    let Some(number) = value.parse::<f64>().ok().filter(|number| number.is_finite()) else {
        return Err(format!("{rule_id}.{parameter} needs a number like 135 or 7.5"));
    };
    if number < bounds.min || number > bounds.max {
        return Err(format!(
            "{rule_id}.{parameter} is {number}, outside {} to {} {}",
            bounds.min, bounds.max, bounds.unit
        ));
    }
    Ok(Limit { rule: RuleId::trusted(rule_id), parameter: parameter.to_owned(), value: number })
}

/// Somebody else's text, fit for a sentence: quoted, cut, and without control characters.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    format!("'{start}'")
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
