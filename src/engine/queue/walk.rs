//! Reading through a queue page by page: the order is worked out once, for the first page, and kept in memory for those after
//! it. What is kept changes speed and never meaning: whoever comes with a mark that nobody remembers gets the same page.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::{Choice, place};
use crate::domain::id::{PatientId, TeamId, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::queue::{Card, Deadlines, Page, Placed, Roll};
use crate::store::{Store, StoreError};

/// So many walks are remembered. Each holds a place for everybody on its queue.
const REMEMBERED: usize = 16;

/// The walks through the queue that are under way. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Walks(Arc<Mutex<VecDeque<Walk>>>);

#[derive(Debug)]
struct Walk {
    way: Way,
    roll: Roll,
}

/// What the order depends on besides what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    asked_at: Timestamp,
    site_version: String,
    team: Option<TeamId>,
    mine: Option<UserName>,
}

impl Walks {
    /// A page of cards, worst first.
    pub async fn cards(
        &self,
        store: &Store,
        site: &Organisation,
        choice: &Choice,
        now: Timestamp,
    ) -> Result<Page<Card>, StoreError> {
        let page = self.page(store, site, choice, now).await?;
        let patients: Vec<_> = page.rows.iter().map(|placed| &placed.patient).collect();
        let mut found = store.card_facts(&patients).await?;
        let mut deadlines = Deadlines::new(site, page.asked_at);
        // Whose last alert was resolved between the two looks has no card any more.
        let cards = page.rows.iter().filter_map(|placed| {
            let (facts, alerts) = found.remove(&placed.patient)?;
            Card::of(&placed.patient, alerts, facts, site, &mut deadlines, page.asked_at)
        });
        Ok(Page { rows: cards.collect(), asked_at: page.asked_at, ahead: page.ahead, next: page.next })
    }

    async fn page(
        &self,
        store: &Store,
        site: &Organisation,
        choice: &Choice,
        now: Timestamp,
    ) -> Result<Page<Placed>, StoreError> {
        let way = Way {
            asked_at: choice.asked_at(now),
            site_version: site.version.clone(),
            team: choice.team.clone(),
            mine: choice.mine.clone(),
        };
        // Without a mark somebody begins, and begins with what stands there now.
        let remembered = choice.mark.as_ref().and_then(|_| self.take(&way));
        let mut roll = match remembered {
            Some(roll) => roll,
            None => way.call(store, site).await?,
        };
        let seen = choice.mark.as_ref().and_then(|mark| mark.known).unwrap_or(roll.known());
        let changes = store.queue_changes(seen.min(roll.known())).await?;
        way.catch_up(&mut roll, store, site, &changes).await?;
        let page = roll.page(choice.mark.as_ref(), &changes, choice.limit);
        if page.next.is_some() {
            self.keep(Walk { way, roll });
        }
        Ok(page)
    }

    /// Whoever asks for the same page at the same time works the order out anew.
    fn take(&self, way: &Way) -> Option<Roll> {
        let mut walks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = walks.iter().position(|walk| walk.way == *way)?;
        walks.remove(at).map(|walk| walk.roll)
    }

    fn keep(&self, walk: Walk) {
        let mut walks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        walks.retain(|other| other.way != walk.way);
        walks.push_front(walk);
        walks.truncate(REMEMBERED);
    }
}

impl Way {
    /// Everybody in order.
    async fn call(&self, store: &Store, site: &Organisation) -> Result<Roll, StoreError> {
        // First the number: what changes between the two looks is looked at again.
        let known = store.last_queue_change().await?;
        let loads = store.loads(self.mine.as_ref(), self.asked_at).await?;
        Ok(Roll::new(self.asked_at, known, place(&loads, self.team.as_ref(), site, self.asked_at)))
    }

    async fn catch_up(
        &self,
        roll: &mut Roll,
        store: &Store,
        site: &Organisation,
        changes: &[(i64, PatientId)],
    ) -> Result<(), StoreError> {
        let changed = &changes[changes.partition_point(|(number, _)| *number <= roll.known())..];
        let Some((last, _)) = changed.last() else { return Ok(()) };
        let patients: Vec<&PatientId> = changed.iter().map(|(_, patient)| patient).collect();
        let loads = store.loads_of(&patients, self.mine.as_ref(), self.asked_at).await?;
        let placed = place(&loads, self.team.as_ref(), site, self.asked_at);
        roll.place_again(patients, placed, *last);
        Ok(())
    }
}
