//! A site of two teams: one that is always there, and one with office hours.

use std::collections::BTreeMap;

use jiff::civil::{Weekday, time};
use lamplight::domain::alert::Severity;
use lamplight::domain::id::TeamId;
use lamplight::domain::organisation::{
    Days, HolidayRule, Hours, Organisation, Standard, StandardClock, Team, WeekSpan,
};

/// Red in 15 minutes round the clock, amber in four staffed hours, advice in eight. North is staffed on weekdays from nine
/// to five; everyone is always there, and the default.
pub fn site() -> Organisation {
    let mut site = Organisation::unwritten();
    let everyone = site.teams[&site.default_team].clone();
    let weekdays = WeekSpan {
        days: Days::through(Weekday::Monday, Weekday::Friday),
        from: time(9, 0, 0, 0),
        to: time(17, 0, 0, 0),
    };
    let staffed = |hours: u32| Standard { minutes: hours * 60, clock: StandardClock::Staffed };
    let north = Team {
        id: TeamId::trusted("north"),
        name: "North".to_owned(),
        staffed: Hours { spans: vec![weekdays], holidays: HolidayRule::Closed },
        standards: BTreeMap::from([
            (Severity::Red, Standard { minutes: 15, clock: StandardClock::Always }),
            (Severity::Amber, staffed(4)),
            (Severity::Advice, staffed(8)),
        ]),
        ..everyone
    };
    site.teams.insert(north.id.clone(), north);
    site.holidays.insert("2026-12-25".parse().unwrap());
    site
}

/// [`site`], where every team tells its patients.
pub fn candid_site() -> Organisation {
    let mut site = site();
    for team in site.teams.values_mut() {
        team.tells_seen = true;
        team.tells_unseen = true;
    }
    site
}
