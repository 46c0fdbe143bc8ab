//! Patients whose record names a team that the site's file does not have. They stand in the default team's queue, which
//! may be the wrong one: somebody is asked to see to it, once a name, for as long as it is so.

use jiff::Timestamp;

use super::id::IdSource;
use crate::domain::organisation::Organisation;
use crate::domain::task::{NewTask, TaskKind};
use crate::store::{StoreError, Tx};

/// Who closes a task that has done itself.
const HOUSE: &str = "lamplight";

/// A name of a team on patients' records that is no team's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayTeam {
    pub name: String,
    pub patients: u64,
}

impl StrayTeam {
    /// What to do about it.
    pub fn why(&self, site: &Organisation) -> String {
        let Self { name, patients } = self;
        let who = if *patients == 1 { "1 patient is".to_owned() } else { format!("{patients} patients are") };
        let default = &site.team(&site.default_team).name;
        format!(
            "{who} of the team '{name}', which the site's file does not have, and in the queue of {default}; put the name \
             right on their records, or the team into the file"
        )
    }
}

/// Of names on patients' records those that are no team's. A site without a file has one team for all names.
pub fn stray(named: Vec<(String, u64)>, site: &Organisation) -> Vec<StrayTeam> {
    let named = named.into_iter().filter(|(name, _)| site.is_written() && !site.has_team(name));
    named.map(|(name, patients)| StrayTeam { name, patients }).collect()
}

/// Opens a task for each stray name, and closes those of names that are none any more.
pub(super) async fn settle(
    tx: &mut Tx,
    site: &Organisation,
    ids: &IdSource,
    now: Timestamp,
) -> Result<Vec<StrayTeam>, StoreError> {
    let stray = stray(tx.named_teams().await?, site);
    let known = tx.open_subjects(TaskKind::StrayTeam).await?;
    let new = stray.iter().filter(|team| !known.contains(&team.name)).map(|team| NewTask {
        id: ids.event(now).task(0),
        kind: TaskKind::StrayTeam,
        subject: team.name.clone(),
        patient: None,
        detail: team.why(site),
    });
    tx.open_tasks(&new.collect::<Vec<_>>(), now).await?;
    let over = known.iter().filter(|name| !stray.iter().any(|team| team.name == **name));
    let over: Vec<_> = over.map(|name| (TaskKind::StrayTeam, name.as_str())).collect();
    tx.close_tasks(&over, HOUSE, "Nobody is of an unknown team of this name any more.", now).await?;
    Ok(stray)
}
