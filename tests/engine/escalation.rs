//! From a reading to the text on somebody's phone, with the real store: whatever breaks in the middle, every red is
//! somebody's or has a next step, and nobody is told the same twice.

mod deed;
mod late;

use std::future::{Future, poll_fn};
use std::task::Poll;

use jiff::{SignedDuration, Timestamp};
use lamplight::catalog;
use lamplight::domain::decide::Catalog;
use lamplight::domain::delivery::{DueText, Step};
use lamplight::domain::dispatch::Dispatch;
use lamplight::domain::id::{AlertId, PatientId};
use lamplight::domain::lost::Cause;
use lamplight::domain::message::{MessageState, Purpose};
use lamplight::domain::organisation::Organisation;
use lamplight::domain::provider::Provider;
use lamplight::engine::delivery::{Room, settle};
use lamplight::engine::escalation::{Looked, repair, run_watches};
use lamplight::engine::nurse::{Closing, DeedError, Hand, Via};

use super::house::{ADA, House};
use crate::escalation::site::{NOW, person, target, ward};

const NOBODY_LEFT: &str = "update user set disabled_at = 1";

/// The ward of [`ward`], with everybody's phone.
async fn staffed() -> House {
    at_site(ward()).await
}

async fn at_site(site: Organisation) -> House {
    with_files(catalog::built_in().unwrap(), site).await
}

async fn with_files(files: Catalog, site: Organisation) -> House {
    let catalog = catalog::at_site(files, site);
    let house = House::under(catalog, NOW.parse().unwrap()).await;
    let now = house.clock.now().as_millisecond();
    for (name, n) in ["amina", "ben", "cleo", "olive"].iter().zip(1..) {
        house
            .run(&format!(
                "insert into user (name, full_name, role, password_hash, created_at)
                   values ('{name}', '{name}', 'nurse', '-', 0);
                 insert into contact (id, user_name, channel, address, created_at, verified_at)
                   values ('{name}-phone', '{name}', 'sms', '+44770090010{n}', 0, {now})"
            ))
            .await;
    }
    house
}

fn hand(name: &str) -> Hand {
    Hand { actor: name.to_owned(), via: Via::Page }
}

async fn look(house: &House) -> Looked {
    run_watches(&house.store, &house.catalog, &house.ids, house.clock.now()).await.unwrap()
}

/// Ada texts something red.
async fn red(house: &House) -> AlertId {
    house.accepts(house.text(ADA, "BP 190 99")).await;
    let id =
        house.see("select id from alert where rule_id = 'blood_pressure_high' and state <> 'resolved'").await;
    AlertId::trusted(id[0].clone())
}

/// `episode.round.step reason target who`, oldest first.
async fn notices(house: &House) -> Vec<String> {
    house
        .see(
            "select episode || '.' || round || '.' || step || ' ' || reason || ' ' || target || ' ' ||
               coalesce(person, 'nobody') from notice order by at, id",
        )
        .await
}

/// What waits in the outbox for staff, oldest first.
async fn told(house: &House) -> Vec<String> {
    house
        .see(
            "select address || ': ' || body from message where purpose = '\"notification\"' and state = 'queued'
             order by created_at, id",
        )
        .await
}

/// Hands every text of staff to a carrier that says this of it.
async fn carry(house: &House, step: impl Fn(&DueText) -> Step) -> usize {
    let now = house.clock.now();
    let lease_until = now.saturating_add(SignedDuration::from_mins(1)).unwrap();
    let explain = |_: Provider, _: Option<u32>| Cause::Other;
    let room = Some(Room { texts: 100, lease_until, dispatch: Dispatch::default() });
    let (_, due) = settle(&house.store, &[], room, now, explain).await.unwrap();
    let results: Vec<(DueText, Step)> = due
        .into_iter()
        .map(|text| {
            let step = match text.purpose {
                Purpose::Notification => step(&text),
                _ => Step::Sent { provider_ids: vec![format!("SM{}", text.id)] },
            };
            (text, step)
        })
        .collect();
    settle(&house.store, &results, None, now, explain).await.unwrap();
    results.iter().filter(|(text, _)| text.purpose == Purpose::Notification).count()
}

fn sent(text: &DueText) -> Step {
    Step::Sent { provider_ids: vec![format!("SM{}", text.id)] }
}

/// Runs `work` for so many steps and then drops it, as a kill would. Nothing when it was cut off.
async fn cut_off<T>(work: impl Future<Output = T>, steps: usize) -> Option<T> {
    let mut work = Box::pin(work);
    let mut taken = 0;
    poll_fn(move |context| {
        if taken == steps {
            return Poll::Ready(None);
        }
        taken += 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn a_red_reading_is_a_text_on_the_phone_of_whoever_is_on_call() {
    let house = staffed().await;
    red(&house).await;
    assert_eq!(look(&house).await.messages, 1);
    assert_eq!(look(&house).await, Looked::default(), "once is enough");
    let code = house.see("select code from reply_code where phone = '+447700900101'").await;
    assert_eq!(
        told(&house).await,
        [format!(
            "+447700900101: 11:00 Lamplight: a RED alert is waiting (North). Reply A {0} to take it, P {0} to pass it on.",
            code[0]
        )]
    );
    assert_eq!(notices(&house).await, ["1.0.0 first rota:days amina", "1.0.0 first rota:nights nobody"]);
    assert_eq!(
        house.see("select missed from notice where missed is not null").await,
        ["nobody is on call on 'nights'"]
    );
    assert_eq!(carry(&house, sent).await, 1);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn the_chain_goes_on_until_somebody_takes_it_and_again_when_nothing_comes_of_it() {
    let house = staffed().await;
    let alert = red(&house).await;
    look(&house).await;
    house.wait(SignedDuration::from_mins(10));
    look(&house).await;
    house.wait(SignedDuration::from_mins(1));
    let olive = hand("olive");
    house.nurse(&olive).acknowledge(&alert).await.unwrap();
    look(&house).await;
    assert!(told(&house).await.is_empty(), "what had not left is taken back");
    house.wait(SignedDuration::from_mins(59));
    assert_eq!(look(&house).await, Looked::default());
    house.nurse(&olive).note(&alert, "rang, no answer, trying again").await.unwrap();
    house.wait(SignedDuration::from_mins(59));
    look(&house).await;
    assert_eq!(house.count("alert where state = 'acknowledged'").await, 1, "progress keeps it hers");
    house.wait(SignedDuration::from_mins(1));
    look(&house).await;
    assert_eq!(house.count("alert where state = 'open' and acknowledged_by is null").await, 1);
    assert_eq!(
        notices(&house).await,
        [
            "1.0.0 first rota:days amina",
            "1.0.0 first rota:nights nobody",
            "1.0.1 escalated person:olive olive",
            "2.0.2 lapsed person:amina amina",
            "2.0.2 lapsed person:ben ben",
            "2.0.2 lapsed person:olive olive",
        ]
    );
    let lapse = house.see("select detail from audit where action = 'alert.lapse'").await;
    assert!(lapse[0].contains(r#""owner":"olive""#), "{lapse:?}");
    let taken = house.see("select detail from audit where action = 'alert.acknowledge'").await;
    assert!(taken[0].contains(r#""severity":"red""#) && taken[0].contains(r#""sets":[""#), "{taken:?}");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_run_that_is_cut_off_anywhere_neither_loses_nor_doubles_a_notification() {
    let house = staffed().await;
    red(&house).await;
    let (mut cut, mut before) = (0, 0);
    for steps in 0..40 {
        let now = house.clock.now();
        let run = cut_off(run_watches(&house.store, &house.catalog, &house.ids, now), steps).await;
        cut += usize::from(run.is_none());
        let here = format!("notice where at = {} and address is not null", now.as_millisecond());
        let texts =
            format!("message where purpose = '\"notification\"' and created_at = {}", now.as_millisecond());
        look(&house).await;
        look(&house).await;
        let (said, queued) = (house.count(&here).await, house.count(&texts).await);
        assert!(said > 0 && said == queued, "{said} notices and {queued} texts after {steps} steps");
        assert_eq!(house.count("watch where begun = 1 and look_at > looked_at").await, 1);
        let all = house.count("notice where address is not null").await;
        assert_eq!(all, before + said);
        before = all;
        let next = house.see("select look_at from watch").await[0].parse::<i64>().unwrap();
        house.clock.set(Timestamp::from_millisecond(next).unwrap());
    }
    assert!(cut > 1, "no run was cut off once it had begun");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn whoever_has_gone_home_has_nothing_left_and_the_next_shift_is_told() {
    let house = staffed().await;
    // Twenty minutes before the day shift ends.
    house.clock.set("2026-06-01T18:40:00Z".parse().unwrap());
    let alert = red(&house).await;
    look(&house).await;
    house.nurse(&hand("amina")).acknowledge(&alert).await.unwrap();
    look(&house).await;
    house.clock.set("2026-06-01T19:15:00Z".parse().unwrap());
    look(&house).await;
    assert_eq!(notices(&house).await.last().unwrap(), "2.0.1 handed_over person:olive olive");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_hand_over_is_accepted_by_whoever_takes_over_or_made_by_a_lead() {
    let house = staffed().await;
    let alert = red(&house).await;
    let (amina, ben) = (person("amina"), person("ben"));
    house.nurse(&hand("amina")).acknowledge(&alert).await.unwrap();
    let seen = house.see("select acknowledged_at from alert").await;
    let refused = house.nurse(&hand("amina")).hand_over(&amina, &ben).await;
    assert!(matches!(refused, Err(DeedError::NotAllowed(_))), "{refused:?}");
    let unknown = house.nurse(&hand("olive")).hand_over(&amina, &person("nobody")).await;
    assert!(matches!(unknown, Err(DeedError::UnknownTarget(_))), "{unknown:?}");
    house.wait(SignedDuration::from_mins(30));
    assert_eq!(house.nurse(&hand("ben")).hand_over(&amina, &ben).await.unwrap(), [alert]);
    assert_eq!(house.see("select acknowledged_by from alert").await, ["ben"]);
    assert_eq!(house.see("select acknowledged_at from alert").await, seen, "it covers what it covered");
    let end = house.clock.now().saturating_add(SignedDuration::from_hours(1)).unwrap();
    assert_eq!(house.see("select lapses_at from alert").await, [end.as_millisecond().to_string()]);
    assert_eq!(house.nurse(&hand("olive")).hand_over(&ben, &amina).await.unwrap().len(), 1);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn nobody_on_call_is_recorded_and_tried_again_and_the_first_who_comes_is_told() {
    let house = staffed().await;
    house.run(NOBODY_LEFT).await;
    red(&house).await;
    look(&house).await;
    assert!(told(&house).await.is_empty());
    assert_eq!(house.count("watch where exhausted_at is not null").await, 1);
    assert_eq!(house.count("notice where missed is not null").await, 6);
    house.wait(SignedDuration::from_mins(1));
    look(&house).await;
    assert_eq!(house.count("notice where missed is not null").await, 6, "the same is not recorded again");
    house.run("update user set disabled_at = null where name = 'ben'").await;
    house.wait(SignedDuration::from_mins(1));
    look(&house).await;
    assert_eq!(notices(&house).await.last().unwrap(), "1.0.2 first person:ben ben");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_lost_notification_fails_the_contact_and_the_chain_does_not_wait() {
    let house = staffed().await;
    red(&house).await;
    look(&house).await;
    assert_eq!(carry(&house, |_| Step::Fail { cause: Cause::Number, code: Some(30_003) }).await, 1);
    assert_eq!(house.see("select user_name from contact where failed_at is not null").await, ["amina"]);
    assert_eq!(house.tasks().await, ["staff_unreached amina x1"]);
    house.wait(SignedDuration::from_secs(1));
    look(&house).await;
    assert_eq!(notices(&house).await.last().unwrap(), "1.0.1 escalated person:olive olive");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_step_that_somebody_else_has_heard_of_keeps_its_time() {
    let mut site = ward();
    let team = site.default_team.clone();
    let chain = site.teams.get_mut(&team).unwrap().chains.values_mut().next_back().unwrap();
    chain.steps.swap(0, 2);
    let house = at_site(site).await;
    red(&house).await;
    look(&house).await;
    let step = |text: &DueText| match text.tried.as_str() == "+447700900101" {
        true => Step::Fail { cause: Cause::Number, code: None },
        false => sent(text),
    };
    assert_eq!(carry(&house, step).await, 3);
    house.wait(SignedDuration::from_mins(2));
    look(&house).await;
    assert_eq!(house.count("notice where step > 0").await, 0);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn whoever_is_at_fault_the_next_attempt_looks_for_another_way() {
    let house = staffed().await;
    red(&house).await;
    look(&house).await;
    carry(&house, |_| Step::Fail { cause: Cause::Exhausted, code: None }).await;
    // Were the phone still the proved way, a mailbox beside it would not be tried while the text provider is away.
    assert_eq!(house.count("contact where failed_at is not null").await, 1);
    assert_eq!(look(&house).await.messages, 1, "the chain goes on");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_provider_that_loses_everything_is_not_asked_without_end() {
    let house = staffed().await;
    red(&house).await;
    for _ in 0..40 {
        look(&house).await;
        carry(&house, |_| Step::Fail { cause: Cause::Number, code: None }).await;
        house.wait(SignedDuration::from_secs(1));
    }
    // Two rounds of three steps, and the first of the third, which says that the chain is over.
    assert_eq!(house.count("watch where exhausted_at is not null").await, 1);
    assert_eq!(house.count("notice where address is not null").await, 2 * 5 + 1);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_clock_that_goes_back_years_finds_every_watch_again() {
    let house = staffed().await;
    house.clock.set("2031-06-01T10:00:00Z".parse().unwrap());
    let alert = red(&house).await;
    look(&house).await;
    house.nurse(&hand("amina")).acknowledge(&alert).await.unwrap();
    look(&house).await;
    house.clock.set(NOW.parse().unwrap());
    assert_eq!(look(&house).await.patients, 1);
    let end = house.clock.now().saturating_add(SignedDuration::from_hours(1)).unwrap();
    assert_eq!(house.see("select lapses_at from alert").await, [end.as_millisecond().to_string()]);
    house.clock.set(end);
    assert_eq!(look(&house).await.messages, 1, "it lapses after an hour, not in five years");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn a_watch_that_cannot_be_read_is_a_task_and_begins_anew() {
    let house = staffed().await;
    red(&house).await;
    look(&house).await;
    house.run("update watch set chain = 'no JSON', look_at = 0").await;
    let looked = look(&house).await;
    assert_eq!((looked.patients, looked.failed), (1, 1));
    assert_eq!(house.tasks().await, ["failing_watch ada x1"]);
    house.wait(SignedDuration::from_mins(1));
    look(&house).await;
    assert_eq!(notices(&house).await.iter().filter(|said| said.starts_with("2.0.0 first")).count(), 2);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn what_is_missing_from_the_watches_is_put_back() {
    let house = staffed().await;
    red(&house).await;
    house.run("delete from watch").await;
    assert_eq!(repair(&house.store).await.unwrap(), 1);
    assert_eq!(repair(&house.store).await.unwrap(), 0);
    assert_eq!(look(&house).await.messages, 1);
    house.leaves_whatever().await;
}

#[tokio::test]
async fn the_next_alert_of_a_patient_is_told_however_the_last_one_was() {
    let house = staffed().await;
    let first = red(&house).await;
    look(&house).await;
    let closing = Closing { outcome: Some("called patient".to_owned()), note: None };
    house.nurse(&hand("amina")).resolve(&first, &closing).await.unwrap();
    look(&house).await;
    assert_eq!(house.count("watch").await, 0);
    house.wait(SignedDuration::from_mins(5));
    red(&house).await;
    assert_eq!(look(&house).await.messages, 1);
    assert_eq!(house.see("select distinct episode from notice order by 1").await, ["1", "2"]);
    house.leaves_whatever().await;
}
