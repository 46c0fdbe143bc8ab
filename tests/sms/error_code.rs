use lamplight::domain::lost::Cause;
use lamplight::outbox::carrier::{Rejection, SendOutcome};
use lamplight::sms::error_code::{Verdict, explain, read};
use lamplight::sms::twilio::classify;
use serde_json::Value;

const CODES: &str = include_str!("../fixtures/sms/twilio_error_codes.json");

fn verdict(name: &str) -> Verdict {
    match name {
        "retry" => Verdict::Retry,
        "throttled" => Verdict::Throttled,
        "ambiguous" => Verdict::Ambiguous,
        "number" => Verdict::Rejected(Rejection::Number),
        "opted_out" => Verdict::Rejected(Rejection::OptedOut),
        "content" => Verdict::Rejected(Rejection::Content),
        "config" => Verdict::Rejected(Rejection::Config),
        "other" => Verdict::Rejected(Rejection::Other),
        name => panic!("no such verdict: {name}"),
    }
}

#[test]
fn sms_13_every_code_reads_as_its_class() {
    let file: Value = serde_json::from_str(CODES).unwrap();
    let codes = file["codes"].as_array().unwrap();
    assert_eq!(codes.len(), 48);
    for row in codes {
        let code = u32::try_from(row["code"].as_u64().unwrap()).unwrap();
        assert_eq!(read(code), verdict(row["verdict"].as_str().unwrap()), "{code}");
    }
}

#[test]
fn sms_13_an_unknown_code_is_for_a_human() {
    for code in [0, 1, 21_213, 99_999, u32::MAX] {
        assert_eq!(read(code), Verdict::Rejected(Rejection::Other), "{code}");
        assert_eq!(explain(Some(code)), Cause::Other);
    }
    assert_eq!(explain(None), Cause::Other);
}

#[test]
fn sms_13_an_answer_of_the_provider_reads_as_what_to_do_next() {
    enum Next {
        SlowDown,
        Unsure,
        Again,
        Never(Rejection),
    }
    use Next::*;
    for (status, code, next) in [
        (429, None, SlowDown),
        (429, Some(20_429), SlowDown),
        (429, Some(21_610), SlowDown),
        (400, Some(21_611), SlowDown),
        (500, None, Unsure),
        (500, Some(20_500), Unsure),
        (502, None, Unsure),
        (503, Some(20_503), Unsure),
        (503, Some(21_211), Unsure),
        (408, None, Unsure),
        (400, Some(20_500), Unsure),
        (400, Some(30_003), Again),
        (401, None, Never(Rejection::Config)),
        (401, Some(20_003), Never(Rejection::Config)),
        (403, None, Never(Rejection::Config)),
        (404, None, Never(Rejection::Config)),
        (404, Some(20_404), Never(Rejection::Config)),
        (301, None, Never(Rejection::Config)),
        (400, Some(21_211), Never(Rejection::Number)),
        (400, Some(21_610), Never(Rejection::OptedOut)),
        (400, Some(21_618), Never(Rejection::Content)),
        (400, Some(21_617), Never(Rejection::Other)),
        (400, Some(77_777), Never(Rejection::Other)),
        (400, None, Never(Rejection::Other)),
        (422, None, Never(Rejection::Other)),
    ] {
        let outcome = classify(status, code, None);
        let fits = match next {
            SlowDown => matches!(outcome, SendOutcome::Throttled { .. }),
            Unsure => matches!(outcome, SendOutcome::Ambiguous { .. }),
            Again => matches!(outcome, SendOutcome::Retry { .. }),
            Never(class) => outcome == SendOutcome::Rejected { code, class },
        };
        assert!(fits, "{status} {code:?} read as {outcome:?}");
    }
}
