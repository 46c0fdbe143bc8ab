//! Makers' own frames: read where they prove themselves, and otherwise not.

use lamplight::domain::format::{At, Format, Heard, Taken};
use lamplight::domain::profile::read_hex;

/// hass-omron, HEM-7600T: 145/91 and a pulse of 72, 14 June 2026, 23:45.
const OMRON: &str = "5b781a4819d71b42000014006996";
/// ble-scale-sync, issue 270: 78.3 kg.
const KOOGEEK: &str = "55aa55aa0307010000030f01d6de";
/// blood-pressure-monitor-fl, issue 615: 131/103 and a pulse of 81, 25 November 2024, 19:18.
const YONKER: &str = "818367510000190b18131200000000";
/// ble_monitor, Xiaogui TZC4: 63.0 kg of 5F:5A:29:E5:E0:94.
const OKOK: &str = "c0a30276138b0002215f5a29e5e094";
/// Of our own making by the layout: 72.45 kg of A0:91:5E:BE:2B:A0, settled.
const ICOMON: &str = "aca0a02bbe5e91a0202dbba20db7";

fn heard(format: &str, sender: Option<&str>, frame: &str) -> Result<Heard, String> {
    let format = Format::from_name(format).unwrap();
    format.decode_from(sender, &read_hex(frame).unwrap()).map_err(|refusal| refusal.0)
}

fn taken(format: &str, frame: &str) -> Taken {
    match heard(format, None, frame) {
        Ok(Heard::Readings(mut sets)) => sets.pop().unwrap(),
        other => panic!("{format} {frame}: {other:?}"),
    }
}

fn values(format: &str, frame: &str) -> Vec<f64> {
    taken(format, frame).measurements.iter().map(|measured| measured.judged_value()).collect()
}

#[test]
fn frames_say_what_their_makers_apps_show() {
    assert_eq!(values("radio:omron-7600t", OMRON), [145.0, 91.0, 72.0]);
    assert_eq!(values("radio:koogeek-s1", KOOGEEK), [78.3]);
    assert_eq!(values("radio:yonker-ibpa1", YONKER), [131.0, 103.0, 81.0]);
    assert_eq!(values("radio:okok", OKOK), [63.0]);
    assert_eq!(values("radio:icomon", ICOMON), [72.45]);
}

#[test]
fn a_cuffs_memory_says_when_it_measured_and_how_well() {
    let wall = |text: &str| At::Wall(text.parse().unwrap());
    let record = taken("radio:omron-7600t", OMRON);
    assert_eq!((record.at, record.note), (wall("2026-06-14T23:45"), None));
    // The same with all three flags, and its checksum.
    let doubtful = taken("radio:omron-7600t", "5b781a48d9d70b4200001400b946");
    let note = "The cuff says: the patient moved, the pulse was irregular, the cuff did not fit.";
    assert_eq!((doubtful.at, doubtful.note.as_deref()), (wall("2026-06-14T23:45"), Some(note)));
    assert_eq!(taken("radio:yonker-ibpa1", YONKER).at, wall("2024-11-25T19:18"));
}

#[test]
fn one_wrong_bit_anywhere_in_a_frame_with_a_checksum_is_no_reading() {
    for (format, frame) in [("radio:omron-7600t", OMRON), ("radio:koogeek-s1", KOOGEEK)] {
        let good = read_hex(frame).unwrap();
        let format = Format::from_name(format).unwrap();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let heard = format.decode(&bad);
            assert!(!matches!(heard, Ok(Heard::Readings(_))), "bit {bit} of {frame}: {heard:?}");
        }
    }
    // Five bits of a sum, of which the bits above them are not a part.
    assert!(heard("radio:icomon", None, "aca0a02bbe5e91a0202dbba30db7").is_err());
}

#[test]
fn what_is_not_final_is_no_reading() {
    for (labelled, format, frame) in [
        ("Xiaogui TZC4, moving", "radio:okok", "c05d008c00000002205f5a29e5e094"),
        ("MaxxMee, empty", "radio:okok", "c024000000000a01245f5a29e5e094"),
        (
            "Silvergear, 45.74 kg, moving: ble-scale-sync issue 372",
            "radio:icomon",
            "aca04fe9916185a0a02c120c0db7",
        ),
        ("Koogeek, live", "radio:koogeek-s1", "55aa55aa0207010000032001f4d2"),
        ("Koogeek, greeting", "radio:koogeek-s1", "55aa55aa010d010101162601735500000000001a"),
        ("Yonker, not the result", "radio:yonker-ibpa1", "828367510000190b18131200000000"),
        ("Omron, an empty place", "radio:omron-7600t", "0000000000000000000000000000"),
    ] {
        let heard = heard(format, None, frame);
        assert!(matches!(heard, Ok(Heard::Nothing(_))), "{labelled}: {heard:?}");
    }
}

#[test]
fn what_is_not_known_for_sure_is_held() {
    for (labelled, format, frame) in [
        ("OKOK in a unit of its own", "radio:okok", "c0a30276138b0002315f5a29e5e094"),
        ("Koogeek with another mark before the weight", "radio:koogeek-s1", "55aa55aa0307020000030f01d6dd"),
        ("Yonker with something in its empty places", "radio:yonker-ibpa1", "818367510100190b18131200000000"),
        ("Yonker without a date", "radio:yonker-ibpa1", "818367510000000000000000000000"),
    ] {
        let heard = heard(format, None, frame);
        assert!(matches!(heard, Ok(Heard::Doubtful(_))), "{labelled}: {heard:?}");
    }
}

#[test]
fn a_frame_that_names_its_scale_is_read_only_as_that_scales() {
    for (format, frame, own) in
        [("radio:okok", OKOK, "5F:5A:29:E5:E0:94"), ("radio:icomon", ICOMON, "a0915ebe2ba0")]
    {
        assert!(matches!(heard(format, Some(own), frame), Ok(Heard::Readings(_))), "{format}");
        for other in ["5F:5A:29:E5:E0:95", "kitchen", ""] {
            let heard = heard(format, Some(other), frame);
            assert!(matches!(heard, Ok(Heard::Doubtful(_))), "{format} by '{other}': {heard:?}");
        }
    }
}

#[test]
fn a_report_that_is_cut_or_of_somebody_else_says_nothing() {
    let whole = "043e1d0201030094e0e5295a5f1110ffc07d2c4700000a01255f5a29e5e094bd";
    let bytes = read_hex(whole).unwrap();
    let format = Format::from_name("radio:hci").unwrap();
    assert!(matches!(format.decode(&bytes), Ok(Heard::Readings(_))));
    for length in 0..bytes.len() {
        assert!(format.decode(&bytes[..length]).is_err(), "{length} bytes of it");
    }
    // Somebody relays the scale's bytes under an address of their own.
    let relayed = whole.replacen("94e0e5295a5f", "94e0e5295a5e", 1);
    assert!(matches!(heard("radio:hci", None, &relayed), Ok(Heard::Doubtful(_))));
}
