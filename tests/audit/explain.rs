//! An alert explained: whatever kind of rule it is of, judged anew from what is kept it is the same; and what was
//! tampered with is not.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::date;
use lamplight::catalog::built_in;
use lamplight::domain::decide::Catalog;
use lamplight::domain::id::{AlertId, PatientId, ProtocolId};
use lamplight::domain::rule::Applies;
use lamplight::engine::activation::CatalogInForce;
use lamplight::engine::enrolment::Wish;
use lamplight::engine::explain::{AsOf, Explanation, Verdict, explain};
use lamplight::engine::prompt::run_due;

use crate::due::file::at;
use crate::engine::house::{ADA, House, Left};
use crate::engine::protocol::{Gateway, hand};

/// Every shipped rule, for everyone.
fn for_everyone() -> Catalog {
    let mut catalog = built_in().unwrap();
    for rule in &mut catalog.rules {
        rule.applies = Applies::Everyone;
    }
    catalog
}

async fn put_in_force(house: &House) {
    let in_force = CatalogInForce::new(Arc::clone(&house.catalog));
    in_force.note_start(&house.store, "test", house.clock.now()).await.unwrap();
}

async fn explained(house: &House, alert: &str) -> Explanation {
    explain(&house.store, &AlertId::trusted(alert)).await.unwrap().unwrap()
}

/// The verdict on the first alert of a rule.
async fn verdict(house: &House, rule: &str) -> Verdict {
    let id = house
        .see(&format!("select id from alert where rule_id = '{rule}' order by id limit 1"))
        .await
        .remove(0);
    explained(house, &id).await.verdict
}

fn measured(vitals: &[(&str, f64, &str)]) -> String {
    let readings: Vec<String> = vitals
        .iter()
        .map(|(vital, value, unit)| format!(r#"{{"vital":"{vital}","value":{value},"unit":"{unit}"}}"#))
        .collect();
    format!(r#"{{"readings":[{}]}}"#, readings.join(","))
}

#[tokio::test]
async fn an_alert_of_any_kind_of_rule_is_the_same_when_it_is_judged_anew() {
    let gateway = Gateway::under(for_everyone(), at("2026-06-01 10:00")).await;
    let house = &gateway.house;
    put_in_force(house).await;
    house
        .enrol(
            "patient_id,phone,thresholds\nada,+447700900121,weight_above_dry.dry_weight=80;spo2_below_usual.usual_spo2=96;blood_pressure_high.systolic_amber=145\n",
        )
        .await;
    let wish = Wish {
        protocol: ProtocolId::trusted("pain_diary"),
        first_day: Some(date(2026, 6, 2)),
        last_day: None,
        consent: None,
    };
    gateway.desk().start(&PatientId::trusted("ada"), &wish, &hand()).await.unwrap();
    for day in 2..12 {
        let published = |vitals: &[(&str, f64, &str)]| house.publish("bp-1", &measured(vitals));
        let days = f64::from(day);
        gateway.pass_to(at(&format!("2026-06-{day:02} 08:00"))).await;
        house.accepts(published(&[("weight", 80.0 + 0.7 * days, "kg")])).await;
        house
            .accepts(published(&[("systolic", 138.0 + 2.0 * days, "mm[Hg]"), ("diastolic", 92.0, "mm[Hg]")]))
            .await;
        house
            .accepts(published(&[
                ("spo2", 97.0 - days / 2.0, "%"),
                ("temperature", 37.2 + 0.2 * days, "Cel"),
            ]))
            .await;
        house
            .accepts(published(&[
                ("respiratory_rate", 22.0, "/min"),
                ("spo2", 93.0, "%"),
                ("pulse", 112.0, "/min"),
                ("temperature", 38.6, "Cel"),
            ]))
            .await;
        gateway.pass_to(at(&format!("2026-06-{day:02} 09:05"))).await;
        if day < 5 {
            house.take([house.text(ADA, &format!("{}", 6 + day))]).await;
        }
        // A number that is read back, once left waiting and once confirmed.
        gateway.pass_to(at(&format!("2026-06-{day:02} 12:00"))).await;
        if day % 2 == 0 {
            house.take([house.text(ADA, "BP 235 120")]).await;
            gateway.pass_to(at(&format!("2026-06-{day:02} 13:00"))).await;
        }
        if day % 4 == 0 {
            house.take([house.text(ADA, "YES")]).await;
        }
        house.take([house.text(ADA, "the cat sat on the machine")]).await;
        // What was measured in the night reaches us now.
        if day == 7 {
            let late = house.clock.now() - SignedDuration::from_hours(9);
            house.accepts(house.publish("bp-1", &crate::engine::house::pressure(Some(late), 188, 101))).await;
        }
    }
    let mut kinds: BTreeSet<&str> = BTreeSet::new();
    let mut firings = 0;
    for id in house.see("select id from alert where rule_id not like 'system%' order by id").await {
        let told = explained(house, &id).await;
        assert_eq!(told.verdict, Verdict::Same, "{told:#?}");
        assert!(!told.firings.is_empty(), "{told:#?}");
        for firing in &told.firings {
            assert_eq!(firing.sealed, Some(true), "{firing:#?}");
            kinds.insert(firing.rule.as_ref().unwrap().kind);
        }
        firings += told.firings.len();
    }
    let all = [
        "answer",
        "average",
        "band",
        "change",
        "consecutive",
        "distance",
        "news2",
        "silence",
        "unconfirmed",
        "unreadable",
    ];
    assert_eq!(kinds, BTreeSet::from(all), "{:?}", house.alerts().await);
    assert!(firings > 60, "{firings}");
    gateway.house.leaves_whatever().await;
}

async fn after_a_red_reading() -> House {
    let house = House::new().await;
    put_in_force(&house).await;
    house
        .enrol("patient_id,phone,thresholds\nada,+447700900121,blood_pressure_high.systolic_red=170\n")
        .await;
    house.wait(SignedDuration::from_mins(1));
    house.accepts(house.pressure("bp-1", 172, 85)).await;
    house
}

#[tokio::test]
async fn what_was_set_afterwards_does_not_matter() {
    let house = after_a_red_reading().await;
    house.wait(SignedDuration::from_mins(1));
    house
        .enrol("patient_id,phone,thresholds\nada,+447700900121,blood_pressure_high.systolic_red=200\n")
        .await;
    house.accepts(house.pressure("bp-1", 118, 70)).await;
    let told = explained(&house, &house.see("select id from alert").await[0]).await;
    assert_eq!(told.verdict, Verdict::Same, "{told:#?}");
    let limit = told.firings[0].limits.iter().find(|limit| limit.parameter == "systolic_red").unwrap();
    assert_eq!((limit.value, limit.author.as_deref()), (Some(170.0), Some("test")));
    assert_eq!(
        told.firings[0].read_as,
        ["systolic blood pressure 172 mmHg", "diastolic blood pressure 85 mmHg"]
    );
    assert!(told.firings[0].came_in.as_ref().unwrap().raw.contains(r#""value":172"#));
    assert!(told.firings[0].rule.as_ref().unwrap().text.contains("[parameters.systolic_red]"));
    house.leaves_whatever().await;
}

#[tokio::test]
async fn what_was_tampered_with_differs() {
    let forgeries = [
        "update alert_evidence set detail = replace(detail, '172', '182')",
        "update alert_evidence set detail = replace(detail, '\"own_limit\":true', '\"own_limit\":false')",
        "update alert_evidence set detail = replace(detail, '\"severity\":\"red\"', '\"severity\":\"amber\"')",
        "update alert_evidence set detail = detail || ' '",
        "update alert_evidence set detail = '{}'",
        "update alert_evidence set detail = 'spoilt'",
        "update threshold set value = 190 where parameter = 'systolic_red'",
        "update reading_set set numbers = replace(numbers, '172', '162');
         update inbox set raw = cast(replace(cast(raw as text), '172', '162') as blob)",
        "update file_version set text = replace(text, 'at_or_above', 'above') || '\n# 1' where kind = 'rule';
         update alert_evidence set detail = replace(detail, 'at_or_above', 'above')",
    ];
    for sql in forgeries {
        let house = after_a_red_reading().await;
        let id = house.see("select id from alert").await.remove(0);
        assert_eq!(explained(&house, &id).await.verdict, Verdict::Same);
        house.run(sql).await;
        let told = explained(&house, &id).await;
        assert_eq!(told.verdict, Verdict::Differs, "{sql}: {told:#?}");
        assert!(!told.firings[0].differences.is_empty());
        house.leaves_whatever().await;
    }
}

#[tokio::test]
async fn what_is_not_kept_is_said_to_be_missing() {
    let house = House::new().await;
    house.accepts(house.pressure("bp-1", 190, 100)).await;
    let told = explained(&house, &house.see("select id from alert").await[0]).await;
    assert_eq!(told.verdict, Verdict::NotRebuilt);
    assert!(told.firings[0].notes[0].contains("never put on record"), "{told:#?}");

    house.accepts(house.text(ADA, "I have chest pain")).await;
    assert_eq!(verdict(&house, "system_urgent_text").await, Verdict::NotRebuilt);
    assert!(explain(&house.store, &AlertId::trusted("none")).await.unwrap().is_none());
    house.leaves_whatever().await;
}

#[tokio::test]
async fn what_was_done_since_is_told() {
    let house = after_a_red_reading().await;
    let id = house.see("select id from alert").await.remove(0);
    house.acknowledge(&id).await;
    house.resolve(&id).await;
    let told = explained(&house, &id).await;
    let deeds: Vec<_> = told.deeds.iter().map(|deed| format!("{} {}", deed.actor, deed.action)).collect();
    assert_eq!(deeds, ["lamplight alert.open", "sister alert.acknowledge", "sister alert.resolve"]);
    run_due(&house.store, &house.catalog, &house.ids, house.clock.now()).await.unwrap();
    house.leaves(Left::texts(1)).await;
}

const SITE: &str = r#"
name = "Then"
time_zone = "Europe/London"
default_team = "north"
[team.north]
name = "North"
staffed = ["always"]
addresses = [{ sms = "+447700900990", verified = 2026-11-01 }]
members = {}
standard = { red = "15 min", amber = "4 h", advice = "1 day" }
[team.north.chain]
rounds = 2
again = "30 min"
[[team.north.chain.red]]
notify = ["team:north"]
wait = "10 min"
[[team.north.chain.amber]]
notify = ["team:north"]
wait = "1 h"
"#;

#[tokio::test]
async fn the_site_of_the_day_is_told_whatever_its_file_says_now() {
    let at_site = |text: &str| {
        lamplight::catalog::at_site(
            built_in().unwrap(),
            lamplight::catalog::parse_site("site.toml", text).unwrap(),
        )
    };
    let house = House::under(at_site(SITE), "2026-11-22T09:00:00Z".parse().unwrap()).await;
    put_in_force(&house).await;
    house.wait(SignedDuration::from_mins(1));
    house.accepts(house.pressure("bp-1", 190, 99)).await;
    house.wait(SignedDuration::from_mins(1));
    let slower = SITE.replace("15 min", "45 min").replace("\"10 min\"", "\"20 min\"");
    let in_force = CatalogInForce::new(at_site(&slower));
    in_force.note_start(&house.store, "test", house.clock.now()).await.unwrap();
    let id = house.see("select id from alert").await.remove(0);
    let site = explained(&house, &id).await.site.expect("the site is on record");
    assert_eq!((site.team.as_deref(), site.standard.as_deref()), (Some("North"), Some("15 min, always")));
    assert_eq!(site.chain, ["team:north, then 10 min"]);
    assert_eq!(site.team_as_of, AsOf::Today, "it says that it does not know more");
    assert_eq!(site.text.as_deref(), Some(SITE));
    assert_eq!(house.count("file_version where kind = 'site'").await, 2);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn device_profiles_are_kept_as_they_were_in_force() {
    let catalog = lamplight::catalog::with_devices(
        built_in().unwrap(),
        lamplight::catalog::built_in_devices().unwrap(),
    );
    let house = House::under(catalog, "2026-11-22T09:00:00Z".parse().unwrap()).await;
    put_in_force(&house).await;
    let kept = house.count("file_version where kind = 'device' and text <> ''").await;
    assert_eq!(kept, house.catalog.devices.profiles().len() as i64);
    let named = "select count(*) from audit, json_each(audit.detail -> 'devices') d join file_version f
                 on f.kind = 'device' and f.name = d.key || '.toml' and f.hash = d.value";
    assert_eq!(house.see(named).await, [kept.to_string()]);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn the_command_says_it_in_words() {
    let house = after_a_red_reading().await;
    let id = house.see("select id from alert").await.remove(0);
    let home = crate::support::house::House::quiet();
    house.store.backup(&home.path("lamplight.db")).await.unwrap();
    let told = home.must(&["explain", &id]);
    for words in [
        "came in   reading from bp-1 at 2026-11-22T09:01:00Z",
        "read as   systolic blood pressure 172 mmHg; diastolic blood pressure 85 mmHg",
        "limit     systolic_red 170 mm[Hg], set by test at 2026-11-22T09:00:00Z: ",
        "sealed    the evidence is the one that the audit trail sealed",
        "lamplight alert.open",
        "verdict  the same: judged anew from what is kept",
    ] {
        assert!(told.contains(words), "{words} is not in:\n{told}");
    }
    assert_eq!(home.run(&["explain", "none"]).code, 1);
    let json: serde_json::Value = serde_json::from_str(&home.must(&["explain", &id, "--json"])).unwrap();
    assert_eq!(json["verdict"], "same");
    house.run("update alert_evidence set detail = replace(detail, '172', '182')").await;
    let home = crate::support::house::House::quiet();
    house.store.backup(&home.path("lamplight.db")).await.unwrap();
    let told = home.run(&["explain", &id]);
    assert_eq!(told.code, 1);
    assert!(told.out.contains("stored 182, judged anew 172"), "{}", told.out);
    house.leaves(Left::texts(1)).await;
}
