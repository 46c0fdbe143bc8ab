//! Base64 that a carrier made of a text, and what only looks like it.

use lamplight::domain::reply::armour::unwrap;
use proptest::prelude::*;

#[test]
fn sms_20_a_wrapped_text_is_unwrapped() {
    for (wrapped, words) in [
        ("QlAgMTQwLzkwIHB1bHNlIDcy", "BP 140/90 pulse 72"),
        ("U3VnYXIgMTIuNCBhZnRlciBkaW5uZXI=", "Sugar 12.4 after dinner"),
        ("V2VpZ2h0IDcyLjUga2c=", "Weight 72.5 kg"),
        ("  QlAgMTQwLzkwIHB1bHNlIDcy\n", "BP 140/90 pulse 72"),
        ("QlAgMTIxLzc5IPCfmYI=", "BP 121/79 🙂"),
    ] {
        assert_eq!(unwrap(wrapped).as_deref(), Some(words), "{wrapped}");
    }
}

#[test]
fn sms_20_what_somebody_may_have_typed_is_left_alone() {
    for (label, body) in [
        ("a reading run together", "BP140over90xx=="),
        ("a reading without padding", "BP140over90p72ab"),
        ("another", "Weight72kg65"),
        ("a reading that is base64 of something", "BP140/90P72A"),
        ("a word", "internationally"),
        ("a long word of four times four", "acknowledgements"),
        ("a number", "140908014090"),
        ("too short", "QlAgOTk="),
        ("blanks inside", "QlAgMTQwLzkw IHB1bHNlIDcy"),
        ("of bytes that are no text", "/////wAAAAAA"),
        ("of control characters", "AQIDBAUGBwgJCgsM"),
        ("of words without a number", "aGVsbG8gdGhlcmUh"),
        ("of a number without words", "MTQwLzkwMTQwLzkw"),
        ("stray bits", "V2VpZ2h0IDcyLjUga2d="),
        ("one padding too many", "QlAgMTQwLzkwIHB1bHNlIDcy===="),
        ("padding in the middle", "QlAg=TQwLzkwIHB1bHNlIDcy"),
        ("another alphabet", "QlAgMTQwLzkw-HB1bHNlIDcy"),
        ("nothing", ""),
    ] {
        assert_eq!(unwrap(body), None, "{label}");
    }
}

proptest! {
    #[test]
    fn sms_20_no_typed_text_with_blanks_is_ever_changed(text in "[a-zA-Z0-9 /=+]{0,40}") {
        prop_assume!(text.trim().contains(' '));
        prop_assert_eq!(unwrap(&text), None);
    }

    #[test]
    fn sms_20_anything_at_all_is_no_panic(text in ".{0,60}") {
        let _ = unwrap(&text);
    }
}
