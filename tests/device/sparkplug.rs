//! Sparkplug B: names by birth, numbers by alias, and nothing by guess.

use jiff::{SignedDuration, Timestamp};
use lamplight::catalog;
use lamplight::domain::event::Origin;
use lamplight::domain::format::Heard;
use lamplight::domain::format::sparkplug::{Births, Node, Rebirths};
use lamplight::domain::profile::{Book, hear, read_hex};

pub(crate) const CUFF: &str = "spBv1.0/rpm/DDATA/gw01/cuff01";
pub(crate) const CUFF_BIRTH: &str = "spBv1.0/rpm/DBIRTH/gw01/cuff01";
/// `bp/systolic` is 1, `bp/diastolic` 2, `bp/pulse` 3.
pub(crate) const BIRTH: &str = "0880dadbda8132121b0a0b62702f737973746f6c696310011880dadbda81322007508d01121b0a0c62702f64696173746f6c696310021880dadbda81322007505012170a0862702f70756c736510031880dadbda8132200750481801";
/// Alias 1 is 150, alias 2 is 92.
pub(crate) const DATA: &str =
    "0880dadbda8132120e10011880dadbda81322007509601120d10021880dadbda81322007505c1802";

/// A metric: name, alias, datatype, and its value's field as it is on the wire.
type Metric<'a> = (Option<&'a str>, Option<u8>, Option<u8>, &'a [u8]);

/// A payload of one instant.
fn payload(metrics: &[Metric<'_>]) -> Vec<u8> {
    let at = [0x80, 0xda, 0xdb, 0xda, 0x81, 0x32];
    let mut out = [&[0x08], at.as_slice()].concat();
    for (name, alias, datatype, value) in metrics {
        let mut metric = Vec::new();
        if let Some(name) = name {
            metric.extend([0x0a, name.len() as u8]);
            metric.extend(name.as_bytes());
        }
        metric.extend(alias.iter().flat_map(|alias| [0x10, *alias]));
        metric.extend(datatype.iter().flat_map(|datatype| [0x20, *datatype]));
        metric.extend(*value);
        out.extend([0x12, metric.len() as u8]);
        out.extend(metric);
    }
    out
}

fn book() -> Book {
    catalog::built_in_devices().unwrap()
}

fn heard(births: &mut Births, topic: &str, bytes: &[u8]) -> Result<Heard, String> {
    let bytes = births.name(topic, bytes);
    let book = book();
    book.reader_of(topic, &bytes).unwrap().read(topic, &bytes).heard.map_err(|refusal| refusal.0)
}

fn values(heard: Result<Heard, String>) -> Vec<(String, f64)> {
    let Ok(Heard::Readings(sets)) = heard else { return Vec::new() };
    sets.iter()
        .flat_map(|set| &set.measurements)
        .map(|m| (m.vital().name().to_owned(), m.judged_value()))
        .collect()
}

#[test]
fn aliases_are_what_the_birth_said_and_in_doubt_without_one() {
    let (birth, data) = (read_hex(BIRTH).unwrap(), read_hex(DATA).unwrap());
    let mut births = Births::default();
    assert!(matches!(heard(&mut births, CUFF, &data), Ok(Heard::Doubtful(_))));
    assert_eq!(values(heard(&mut births, CUFF_BIRTH, &birth)).len(), 3);
    let expected = [("systolic".to_owned(), 150.0), ("diastolic".to_owned(), 92.0)];
    assert_eq!(values(heard(&mut births, CUFF, &data)), expected);
    // Of another device, or another node, the same aliases are something else.
    for other in
        ["spBv1.0/rpm/DDATA/gw01/cuff02", "spBv1.0/rpm/DDATA/gw02/cuff01", "spBv1.0/x/DDATA/gw01/cuff01"]
    {
        assert!(matches!(heard(&mut births, other, &data), Ok(Heard::Doubtful(_))), "{other}");
    }
    for death in ["spBv1.0/rpm/DDEATH/gw01/cuff01", "spBv1.0/rpm/NDEATH/gw01", "spBv1.0/rpm/NBIRTH/gw01"] {
        heard(&mut births, CUFF_BIRTH, &birth).unwrap();
        births.name(death, &[]);
        assert!(matches!(heard(&mut births, CUFF, &data), Ok(Heard::Doubtful(_))), "{death}");
    }
}

#[test]
fn a_birth_that_changes_an_alias_changes_what_is_read() {
    let mut births = Births::default();
    births.name(CUFF_BIRTH, &read_hex(BIRTH).unwrap());
    let swapped = payload(&[
        (Some("bp/diastolic"), Some(1), Some(7), &[0x50, 80]),
        (Some("bp/systolic"), Some(2), Some(7), &[0x50, 120]),
    ]);
    births.name(CUFF_BIRTH, &swapped);
    let data = payload(&[(None, Some(1), None, &[0x50, 77]), (None, Some(2), None, &[0x50, 121])]);
    let expected = [("systolic".to_owned(), 121.0), ("diastolic".to_owned(), 77.0)];
    assert_eq!(values(heard(&mut births, CUFF, &data)), expected);
}

#[test]
fn what_is_kept_says_by_itself_what_it_is_and_whose() {
    let book = book();
    let mut births = Births::default();
    births.name(CUFF_BIRTH, &read_hex(BIRTH).unwrap());
    let data = read_hex(DATA).unwrap();
    let kept = births.name(CUFF, &data).into_owned();
    let now = "2024-06-15T10:00:05Z".parse().unwrap();
    let said = hear(&book, CUFF, &kept, false, now).unwrap().pop().unwrap();
    let Origin::Reading(reading) = said.origin else { panic!("a reading") };
    assert_eq!(reading.device.as_str(), "rpm:gw01:cuff01");
    assert_eq!(reading.payload.unwrap().taken_at, Some("2024-06-15T10:00:00Z".parse().unwrap()));
}

#[test]
fn signs_are_restored_by_the_type_and_numbers_that_are_none_are_refused() {
    let mut births = Births::default();
    let minus_ten = [0x50, 0xf6, 0x01];
    for (datatype, value, labelled, expected) in [
        (1, &minus_ten[..], "an Int8 of -10 is no temperature", Ok(0)),
        (9, &[0x65, 0x33, 0x33, 0x12, 0x42][..], "a Float of 36.55", Ok(1)),
        (9, &[0x65, 0, 0, 0xc0, 0x7f][..], "a Float that is no number", Err(())),
        (10, &[0x69, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f][..], "an infinite Double", Err(())),
        (9, &[0x60, 1][..], "a Float that is written as a whole number", Err(())),
    ] {
        let bytes = payload(&[(Some("thermometer/body_celsius"), None, Some(datatype), value)]);
        let heard = heard(&mut births, "spBv1.0/rpm/DDATA/gw01/thermo01", &bytes);
        match expected {
            Ok(count) => assert_eq!(values(heard).len(), count, "{labelled}"),
            Err(()) => assert!(heard.is_err(), "{labelled}: {heard:?}"),
        }
    }
}

#[test]
fn one_metric_twice_in_a_message_is_two_readings() {
    let bytes = payload(&[
        (Some("spo2/percent"), None, Some(7), &[0x50, 97]),
        (Some("spo2/percent"), None, Some(7), &[0x50, 88]),
    ]);
    let got = values(heard(&mut Births::default(), "spBv1.0/rpm/DDATA/gw01/o2", &bytes));
    assert_eq!(got, [("spo2".to_owned(), 97.0), ("spo2".to_owned(), 88.0)]);
}

#[test]
fn births_without_end_are_forgotten_the_oldest_first() {
    let birth = read_hex(BIRTH).unwrap();
    let data = read_hex(DATA).unwrap();
    let mut births = Births::default();
    for n in 0..2_001 {
        births.name(&format!("spBv1.0/rpm/DBIRTH/gw01/cuff{n}"), &birth);
    }
    let read = |births: &mut Births, n: u32| {
        values(heard(births, &format!("spBv1.0/rpm/DDATA/gw01/cuff{n}"), &data)).len()
    };
    assert_eq!((read(&mut births, 0), read(&mut births, 1), read(&mut births, 2_000)), (0, 2, 2));
}

/// With this number in its node's row.
fn numbered(bytes: &[u8], number: u8) -> Vec<u8> {
    // The samples end with theirs: field 3, one byte.
    let (rest, [0x18, _]) = bytes.split_last_chunk::<2>().unwrap() else { panic!("a number at the end") };
    let low = number & 0x7f;
    let end = if number < 0x80 { vec![0x18, low] } else { vec![0x18, low | 0x80, 1] };
    [rest, end.as_slice()].concat()
}

#[test]
fn a_node_that_is_not_understood_is_asked_to_be_born_again() {
    let (birth, data) = (read_hex(BIRTH).unwrap(), read_hex(DATA).unwrap());
    let mut births = Births::default();
    let mut lost = |topic: &str, bytes: &[u8]| {
        births.name(topic, bytes);
        births.take_lost().map(|node| format!("{}/{}", node.group, node.node))
    };
    let node = Some("rpm/gw01".to_owned());
    for (labelled, topic, bytes, expected) in [
        ("data before any birth", CUFF, numbered(&data, 7), node.clone()),
        ("a birth", "spBv1.0/rpm/NBIRTH/gw01", numbered(&birth, 0), None),
        ("its device's", CUFF_BIRTH, numbered(&birth, 1), None),
        ("data", CUFF, numbered(&data, 2), None),
        ("the same once more", CUFF, numbered(&data, 2), None),
        ("data, and one before it is missing", CUFF, numbered(&data, 4), node.clone()),
        ("data after that", CUFF, numbered(&data, 5), None),
        (
            "another device, which was never born",
            "spBv1.0/rpm/DDATA/gw01/cuff02",
            numbered(&data, 6),
            node.clone(),
        ),
        ("another node's number", "spBv1.0/rpm/DBIRTH/gw02/cuff01", numbered(&birth, 90), None),
        ("a command", "spBv1.0/rpm/NCMD/gw01", data.clone(), None),
        ("no Sparkplug at all", "home/attic/BTtoMQTT/AA", data.clone(), None),
    ] {
        assert_eq!(lost(topic, &bytes), expected, "{labelled}");
    }
}

#[test]
fn the_row_of_numbers_begins_again_after_the_last() {
    let (birth, data) = (read_hex(BIRTH).unwrap(), read_hex(DATA).unwrap());
    let mut births = Births::default();
    births.name(CUFF_BIRTH, &numbered(&birth, 254));
    for number in [255, 0, 1] {
        births.name(CUFF, &numbered(&data, number));
        assert_eq!(births.take_lost(), None, "{number}");
    }
}

#[test]
fn a_node_is_asked_once_a_minute_and_each_for_itself() {
    let node = |name: &str| Node { group: "rpm".to_owned(), node: name.to_owned() };
    let start: Timestamp = "2024-06-15T10:00:05Z".parse().unwrap();
    let after = |seconds: i64| start + SignedDuration::from_secs(seconds);
    let mut rebirths = Rebirths::default();
    let command = rebirths.ask(node("gw01"), start).unwrap();
    assert_eq!(command.topic, "spBv1.0/rpm/NCMD/gw01");
    // When, and one metric: `Node Control/Rebirth`, a Boolean, true.
    let expected = "088881dcda81321221 0a144e6f646520436f6e74726f6c2f52656269727468 188881dcda8132 200b 7001";
    assert_eq!(command.payload, read_hex(expected).unwrap());
    assert_eq!(rebirths.ask(node("gw01"), after(59)), None);
    assert!(rebirths.ask(node("gw02"), after(59)).is_some());
    assert!(rebirths.ask(node("gw01"), after(60)).is_some());
    // A clock that goes back keeps nobody waiting for it.
    assert!(rebirths.ask(node("gw01"), after(-600)).is_some());
}

#[test]
fn names_without_end_are_not_all_answered() {
    let mut rebirths = Rebirths::default();
    let node = |n: usize| Node { group: "x".to_owned(), node: format!("n{n}") };
    let asked = (0..Rebirths::MOST * 2).filter(|n| rebirths.ask(node(*n), Timestamp::UNIX_EPOCH).is_some());
    assert_eq!(asked.count(), Rebirths::MOST);
}
