//! Nurses read through the queue page by page while others deal with it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use lamplight::domain::queue::{Card, Mark, Page};
use lamplight::engine::queue::{Choice, Walks};

use super::site::site;
use crate::engine::house::House;

/// 30 patients with an amber alert each, one a minute: `w00` has waited longest.
const WARD: &str = "
with recursive n(n) as (select 0 union all select n + 1 from n where n < 29)
insert into patient (id, language, time_zone, consent, consent_at, standing, created_at, updated_at)
select printf('w%02d', n), 'en', 'Europe/London', 'given', 0, 'active', 0, 0 from n;
insert into alert (id, patient_id, rule_id, rule_version, severity, state, title, why, proposal, opened_at, last_at)
select 'x' || id, id, 'r', 'v', 'amber', 'open', '', '', '', 1795338000000 + 60000 * substr(id, 2), 0
from patient where id like 'w%';";

async fn ward() -> House {
    let house = House::new().await;
    house.clock.set(Timestamp::from_millisecond(1_795_345_200_000).unwrap());
    house.run(WARD).await;
    house
}

async fn page(walks: &Walks, house: &House, mark: Option<&Mark>, limit: usize) -> Page<Card> {
    let choice = Choice { limit, mark: mark.cloned(), ..Choice::default() };
    walks.cards(&house.store, &site(), &choice, house.clock.now()).await.unwrap()
}

fn names(page: &Page<Card>) -> Vec<&str> {
    page.rows.iter().map(|card| card.placed.patient.as_str()).collect()
}

#[tokio::test]
async fn nobody_who_waits_all_the_time_is_missed_while_others_are_dealt_with_and_come_in() {
    let house = ward().await;
    let walks = Walks::default();
    let mut deeds = [
        // Read already, and dealt with: whoever counts pages would miss four.
        "update alert set state = 'resolved' where patient_id in ('w00', 'w01', 'w02', 'w03')",
        // Not read yet, and worse: it stands above what was read.
        "update alert set severity = 'red', worsened_at = 1795345200000 where patient_id = 'w25'",
        // Seven more above at once, which is more than a page holds, one of them new.
        "update alert set severity = 'red', worsened_at = 1795345200000
           where patient_id in ('w19', 'w20', 'w21', 'w22', 'w23', 'w24');
         insert into patient (id, language, time_zone, consent, consent_at, standing, created_at, updated_at)
           values ('new', 'en', 'Europe/London', 'given', 0, 'active', 0, 0);
         insert into alert (id, patient_id, rule_id, rule_version, severity, state, title, why, proposal, opened_at, last_at)
           values ('xnew', 'new', 'r', 'v', 'red', 'open', '', '', '', 0, 0)",
        // Taken on by somebody: it stands further down.
        "update alert set state = 'acknowledged', acknowledged_by = 'anna', acknowledged_at = 1795345200000,
           lapses_at = 1795352400000 where patient_id = 'w16'",
        "update patient set team = 'north' where id = 'w27'",
    ]
    .into_iter();
    let (mut seen, mut mark): (Vec<String>, Option<Mark>) = (Vec::new(), None);
    loop {
        let page_here = page(&walks, &house, mark.as_ref(), 5).await;
        let forgotten = page(&Walks::default(), &house, mark.as_ref(), 5).await;
        assert_eq!(page_here.rows, forgotten.rows, "what is kept in memory changes nothing");
        assert_eq!((page_here.ahead, &page_here.next), (forgotten.ahead, &forgotten.next));
        assert!(page_here.rows.len() <= 5);
        seen.extend(names(&page_here).into_iter().map(str::to_owned));
        mark = page_here.next;
        if mark.is_none() {
            break;
        }
        if let Some(deed) = deeds.next() {
            house.run(deed).await;
        }
    }
    assert!(deeds.next().is_none(), "the walk was over before all was done");
    let everybody: BTreeSet<String> = (0..30).map(|n| format!("w{n:02}")).chain(["new".to_owned()]).collect();
    assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), everybody, "{seen:?}");
    let twice: Vec<_> =
        everybody.iter().filter(|name| seen.iter().filter(|s| s == name).count() > 1).collect();
    assert!(twice.is_empty(), "nobody was read before they changed: {twice:?}");
    house.leaves_whatever().await;
}

#[tokio::test]
async fn what_rises_above_where_somebody_reads_is_first_on_their_next_page() {
    let house = ward().await;
    let walks = Walks::default();
    let first = page(&walks, &house, None, 4).await;
    assert_eq!(names(&first), ["w00", "w01", "w02", "w03"]);
    house
        .run("update alert set severity = 'red', worsened_at = 1795345200000 where patient_id = 'w20'")
        .await;
    let second = page(&walks, &house, first.next.as_ref(), 4).await;
    assert_eq!((names(&second), second.ahead), (vec!["w20", "w04", "w05", "w06"], 5));
    let again = page(&walks, &house, first.next.as_ref(), 4).await;
    assert_eq!(names(&again), names(&second), "an answer that was lost is asked for again");
    let third = page(&walks, &house, second.next.as_ref(), 4).await;
    assert_eq!((names(&third), third.ahead), (vec!["w07", "w08", "w09", "w10"], 8));
    house.leaves_whatever().await;
}

#[tokio::test]
async fn the_order_is_worked_out_once_for_all_pages() {
    let house = ward().await;
    let walks = Walks::default();
    let first = page(&walks, &house, None, 4).await;
    // With nobody to note the change, only an order that is worked out anew can know of it.
    house
        .run("drop trigger queue_alert_changed; update alert set state = 'resolved' where patient_id = 'w01'")
        .await;
    let kept = page(&walks, &house, first.next.as_ref(), 4).await;
    let anew = page(&Walks::default(), &house, first.next.as_ref(), 4).await;
    assert_eq!((kept.ahead, anew.ahead), (4, 3));
    assert_eq!(names(&kept), names(&anew));
    house.leaves_whatever().await;
}
