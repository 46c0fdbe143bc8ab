//! Which topics are ours.

use lamplight::mqtt::topic::{Topic, Unknown, filters};

#[test]
fn native_topics_name_their_device() {
    let parsed = Topic::parse("lamplight/v1/AA:BB:CC.dd-ee_9/reading").unwrap();
    assert!(matches!(&parsed, Topic::Reading(device) if device.as_str() == "AA:BB:CC.dd-ee_9"));
    let parsed = Topic::parse("lamplight/v1/cuff-1/status").unwrap();
    assert!(matches!(&parsed, Topic::Status(device) if device.as_str() == "cuff-1"));
}

#[test]
fn anything_else_is_a_stray() {
    let long = format!("lamplight/v1/{}/reading", "x".repeat(65));
    let table = [
        ("", Unknown::Shape),
        ("lamplight", Unknown::Shape),
        ("lamplight/v1/cuff-1", Unknown::Shape),
        ("lamplight/v1/reading", Unknown::Shape),
        ("lamplight/v1/cuff-1/reading/", Unknown::Shape),
        ("lamplight/v1/cuff-1/reading/2", Unknown::Shape),
        ("lamplight/v1/cuff-1/Reading", Unknown::Shape),
        ("/lamplight/v1/cuff-1/reading", Unknown::Shape),
        ("lamplight/v2/cuff-1/reading", Unknown::Shape),
        ("lamplight/v1/ward/cuff-1/reading", Unknown::Shape),
        ("dusun_pub", Unknown::Shape),
        ("lamplight/v1//reading", Unknown::Device),
        ("lamplight/v1/cuff 1/status", Unknown::Device),
        ("lamplight/v1/cüff/reading", Unknown::Device),
        (long.as_str(), Unknown::Device),
    ];
    for (topic, why) in table {
        assert_eq!(Topic::parse(topic), Err(why), "{topic}");
    }
}

#[test]
fn a_share_group_stands_before_the_filters() {
    assert_eq!(filters(None, &[]), ["lamplight/v1/+/reading", "lamplight/v1/+/status"]);
    assert_eq!(
        filters(Some("g"), &["dusun_pub".to_owned()]),
        ["$share/g/lamplight/v1/+/reading", "$share/g/lamplight/v1/+/status", "$share/g/dusun_pub"]
    );
}
