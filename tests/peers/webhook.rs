//! Requests as Twilio signs them, by Twilio's own library.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::daemon::{ACCOUNT, AGNES, BERNARD, Daemon, NUMBER, OLD_TOKEN, Plan, TOKEN};
use super::twilio::sign;

const PUBLIC_URL: &str = "https://gw.example.nhs.uk";
const INBOUND: &str = "/sms/twilio/inbound";
const STATUS: &str = "/sms/twilio/status?m=nothing-of-ours";

/// A daemon behind a proxy that the world knows by another name.
async fn gateway() -> Daemon {
    Daemon::start(Plan { public_url: Some(PUBLIC_URL.to_owned()), ..Plan::default() }).await
}

/// The parameters of a text, and these over them.
fn text(sid: &str, body: &str, more: Value) -> Value {
    let mut params = json!({
        "MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01",
        "From": AGNES, "To": NUMBER, "Body": body, "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received",
    });
    let Value::Object(more) = more else { panic!("parameters are an object") };
    params.as_object_mut().unwrap().extend(more);
    params
}

/// The parameters as a form, encoded as browsers do.
fn form(params: &Value) -> String {
    let encode = |text: &str| -> String {
        let one = |byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            byte => format!("%{byte:02X}"),
        };
        text.bytes().map(one).collect()
    };
    let mut pairs = Vec::new();
    for (name, value) in params.as_object().unwrap() {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        pairs.extend(values.iter().map(|v| format!("{}={}", encode(name), encode(v.as_str().unwrap()))));
    }
    pairs.join("&")
}

async fn post(daemon: &Daemon, path: &str, body: String, headers: &[(&str, &str)]) -> Response {
    let request = daemon.client.post(daemon.url(path));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

#[tokio::test]
async fn sms_02_what_twilio_signs_is_taken_in_whatever_it_holds() {
    let mut daemon = gateway().await;
    let fields = json!({
        "FromCity": "", "FromState": "", "FromZip": "", "FromCountry": "GB", "ToCity": "", "OptOutType": "",
    });
    let cases = [
        ("blank parameters", "BP 131 81", fields, TOKEN),
        (
            "parameters of tomorrow",
            "BP 132 82",
            json!({"Zz9": "new", "aLower": "x", "A": "1", "a": "2"}),
            TOKEN,
        ),
        ("beyond ASCII", "Grüße 😷 ‘BP’ 133/83 naïve Łódź", json!({"FromCity": "Ynys Môn"}), TOKEN),
        ("signs that forms mangle", "BP 134/84 + 50% a&b=c ~ * %2B", json!({"Tag": "a+b c%20d"}), TOKEN),
        ("names sent more than once", "BP 135 85", json!({"Tag": ["b", "a", "a"], "Tags": "c"}), TOKEN),
        ("line breaks", "BP 136\r\n86\n", json!({}), TOKEN),
        ("the token before", "BP 137 87", json!({}), OLD_TOKEN),
    ];
    let requests: Vec<_> = cases
        .iter()
        .enumerate()
        .map(|(n, (_, body, more, token))| (text(&format!("SM{n:032x}"), body, more.clone()), *token))
        .collect();
    let url = format!("{PUBLIC_URL}{INBOUND}");
    let unsigned: Vec<_> =
        requests.iter().map(|(params, token)| (url.as_str(), params.clone(), *token)).collect();
    for (n, signature) in sign(&unsigned).iter().enumerate() {
        let (label, body, ..) = &cases[n];
        daemon.overhear(body.trim());
        let answer = post(&daemon, INBOUND, form(&requests[n].0), &[("x-twilio-signature", signature)]).await;
        assert_eq!(answer.status(), StatusCode::OK, "{label}");
        assert_eq!(answer.headers()["content-type"], "text/xml", "{label}");
        let kept = format!("select body from inbox where provider_id = 'SM{n:032x}'");
        assert_eq!(daemon.house.see(&kept).await, [*body], "{label}");
    }
    let systolic = daemon.list("readings?patient=p1&vital=systolic").await;
    let mut values: Vec<_> = systolic.iter().map(|reading| reading["value"].as_u64().unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, [131, 132, 133, 134, 135, 136, 137]);
    daemon.end().await;
}

#[tokio::test]
async fn sms_04_what_a_proxy_or_a_forger_adds_has_no_say() {
    let daemon = gateway().await;
    let (ours, theirs) = (format!("{PUBLIC_URL}{INBOUND}"), format!("http://evil.example{INBOUND}"));
    let params = [text("SMours", "BP 121 71", json!({})), text("SMtheirs", "BP 122 72", json!({}))];
    let signatures = sign(&[(&ours, params[0].clone(), TOKEN), (&theirs, params[1].clone(), TOKEN)]);
    for (params, signature, status) in
        [(&params[0], &signatures[0], StatusCode::OK), (&params[1], &signatures[1], StatusCode::FORBIDDEN)]
    {
        let headers = [
            ("x-twilio-signature", signature.as_str()),
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-port", "80"),
            ("forwarded", "host=evil.example;proto=http"),
            ("x-original-url", INBOUND),
        ];
        assert_eq!(post(&daemon, INBOUND, form(params), &headers).await.status(), status);
    }
    assert_eq!(daemon.readings("p1").await, ["diastolic 71", "systolic 121"]);
    daemon.end().await;
}

#[tokio::test]
async fn what_is_not_signed_by_us_is_counted_and_leaves_nothing_behind() {
    let daemon = gateway().await;
    let params = text("SM1", "BP 185 121", json!({}));
    let report = json!({"MessageSid": "SM2", "AccountSid": ACCOUNT, "MessageStatus": "failed"});
    let (inbound, status) = (format!("{PUBLIC_URL}{INBOUND}"), format!("{PUBLIC_URL}{STATUS}"));
    let elsewhere = format!("{PUBLIC_URL}/sms/twilio/other");
    let signatures = sign(&[
        (&inbound, params.clone(), TOKEN),
        (&inbound, params.clone(), "another token"),
        (&elsewhere, params.clone(), TOKEN),
        (&status, report.clone(), "another token"),
    ]);
    let tampered = form(&params).replace("185", "125");
    let (params, report) = (form(&params), form(&report));
    let cases = [
        ("no signature", INBOUND, &params, None),
        ("an empty signature", INBOUND, &params, Some("")),
        ("no base64", INBOUND, &params, Some("%%%")),
        ("another token", INBOUND, &params, Some(signatures[1].as_str())),
        ("another address", INBOUND, &params, Some(&signatures[2])),
        ("another body", INBOUND, &tampered, Some(&signatures[0])),
        ("a report with another token", STATUS, &report, Some(&signatures[3])),
        ("a report without a signature", STATUS, &report, None),
    ];
    for (n, (label, path, body, signature)) in (1..).zip(cases) {
        let headers: Vec<_> =
            signature.map(|signature| ("x-twilio-signature", signature)).into_iter().collect();
        let answer = post(&daemon, path, body.clone(), &headers).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{label}");
        let said = answer.text().await.unwrap();
        assert!(!said.contains("7700900") && !said.contains("185"), "{label}: {said}");
        assert_eq!(daemon.counted("webhook_refused", "signature").await, n, "{label}");
    }
    for table in ["inbox", "message", "message_event", "reading", "alert", "task", "ledger", "unknown_sender"]
    {
        assert_eq!(daemon.house.count(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
    assert_eq!(daemon.ledger().await, [0; 5]);
    daemon.end().await;
}

#[tokio::test]
async fn a_hundred_copies_at_once_and_again_after_a_restart_are_one_reading_and_one_reply() {
    let mut daemon = gateway().await;
    let params = text("SMsame", "BP 186 122", json!({"From": BERNARD}));
    daemon.overhear("BP 186 122");
    let signature = sign(&[(&format!("{PUBLIC_URL}{INBOUND}"), params.clone(), TOKEN)]).remove(0);
    for duplicates in [99, 199] {
        let mut copies = JoinSet::new();
        for _ in 0..100 {
            let request = daemon
                .client
                .post(daemon.url(INBOUND))
                .header("content-type", "application/x-www-form-urlencoded")
                .header("x-twilio-signature", &signature)
                .body(form(&params));
            copies.spawn(async move { request.send().await.unwrap().status() });
        }
        let answers = copies.join_all().await;
        assert!(answers.iter().all(|status| *status == StatusCode::OK), "{answers:?}");
        assert_eq!(daemon.ledger().await, [duplicates + 1, 1, duplicates, 0, 0]);
        assert_eq!(daemon.readings("p2").await, ["diastolic 122", "systolic 186"]);
        assert_eq!(daemon.replies("p2").await.len(), 1);
        assert_eq!(daemon.list("alerts").await.len(), 1);
        assert_eq!(daemon.house.see("select count(*), copies from inbox").await, [format!("1|{duplicates}")]);
        daemon.stop();
        daemon.start_again().await;
    }
    daemon.end().await;
}
