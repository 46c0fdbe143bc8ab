//! How an answer of staff reads, whatever thumbs make of it.

use lamplight::domain::escalation::StaffReply;
use proptest::prelude::*;

fn take(code: &str) -> Option<StaffReply> {
    Some(StaffReply::Take { code: code.to_owned() })
}

fn resolve(code: &str, words: &str) -> Option<StaffReply> {
    Some(StaffReply::Resolve { code: code.to_owned(), words: words.to_owned() })
}

fn pass(code: &str) -> Option<StaffReply> {
    Some(StaffReply::PassOn { code: code.to_owned() })
}

fn prove(digits: &str) -> Option<StaffReply> {
    Some(StaffReply::Prove { digits: digits.to_owned() })
}

#[test]
fn answers_are_read_as_thumbs_write_them() {
    for (text, read) in [
        ("A 4821", take("4821")),
        ("a 4821", take("4821")),
        ("A4821", take("4821")),
        ("  a4821.  ", take("4821")),
        ("A: 4821", take("4821")),
        ("A-4821", take("4821")),
        ("4821", take("4821")),
        ("4821 A", take("4821")),
        ("ACK 4821", take("4821")),
        ("ack 4821 on my way", take("4821")),
        ("Accept 4821!", take("4821")),
        ("A 0007", take("0007")),
        ("R 4821 called patient", resolve("4821", "called patient")),
        ("r4821: called her, took extra tablet", resolve("4821", "called her, took extra tablet")),
        ("R 4821", resolve("4821", "")),
        ("4821 R GP informed", resolve("4821", "GP informed")),
        ("Resolved 4821 - 999", resolve("4821", "999")),
        ("P 4821", pass("4821")),
        ("pass 4821", pass("4821")),
        ("4821 p", pass("4821")),
        ("482113", prove("482113")),
        ("VERIFY 482113", prove("482113")),
        ("code 482113", prove("482113")),
        // What is none, above all what patients send.
        ("", None),
        ("A", None),
        ("thanks", None),
        ("BP 131 81", None),
        ("131/81", None),
        ("A 131/81", None),
        ("4821/80", None),
        ("A 482", None),
        ("A 48211", None),
        ("4821 steps today", None),
        ("4821kcal", None),
        ("72.5", None),
        ("82 kg", None),
        ("A 4821.5", None),
        ("Q 4821", None),
        ("R 482113 called", None),
        ("A 482113", None),
        ("48 21", None),
        ("glucose 4821", None),
        ("07700900123", None),
    ] {
        assert_eq!(StaffReply::read(text), read, "{text:?}");
    }
}

proptest! {
    #[test]
    fn whatever_is_texted_is_read_or_let_be(text in "\\PC{0,60}") {
        let _ = StaffReply::read(&text);
    }

    #[test]
    fn a_code_survives_whatever_stands_around_it(code in "[0-9]{4}", gap in "[ :.-]{0,3}", words in "[a-z ]{0,20}") {
        let text = format!("A{gap}{code} {words}");
        prop_assert_eq!(StaffReply::read(&text), take(&code));
    }
}
