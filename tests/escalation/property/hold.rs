//! What must hold whatever has happened.

use super::*;

impl World {
    /// Only what is over by now, or became worse, is taken from whoever has it.
    pub(super) fn ends_are_over(&self, attended: &Attended) {
        for alert in self.alerts.iter().filter(|alert| attended.lapsed.contains(&alert.id)) {
            let over = alert.lapses_at.is_none_or(|end| end <= self.now);
            assert!(alert.state == AlertState::Acknowledged && over, "{alert:?} at {}", self.now);
        }
        for alert in self.alerts.iter().filter(|alert| attended.woken.contains(&alert.id)) {
            let snooze = alert.snooze.as_ref().unwrap();
            assert!(
                snooze.until <= self.now
                    || alert.severity > snooze.severity
                    || snooze.late.is_some_and(|late| alert.timely > late.in_time),
                "{alert:?} at {}",
                self.now
            );
        }
    }

    pub(super) fn nobody_is_told_twice(&mut self, notices: &[Notice]) {
        let mut phones = BTreeSet::new();
        for notice in notices {
            let Told::Recipient(recipient) = &notice.told else { continue };
            let address = recipient.address.as_str().to_owned();
            assert!(phones.insert((notice.step, notice.round, address.clone())), "twice a step: {notice:?}");
            let Notice { episode, round, step, reason, .. } = *notice;
            let key = (episode, round, step, reason.name(), notice.target.written(), address);
            assert!(self.told.insert(key), "said before, so it would be swallowed: {notice:?}");
        }
    }

    pub(super) fn nothing_reopens_without_cause(&self, before: Option<&Watch>, attended: &Attended) {
        let episode = |watch: Option<&Watch>| watch.map(|watch| watch.episode);
        let after = attended.watch.as_ref();
        if self.cause || !attended.lapsed.is_empty() || !attended.woken.is_empty() {
            return;
        }
        assert_eq!(episode(before), episode(after), "an episode began without cause");
    }

    pub(super) fn nobody_is_dropped(&self) {
        let team = self.site.team_of(None);
        let mut ends: BTreeMap<&AlertId, Timestamp> = BTreeMap::new();
        for alert in self.alerts.iter().filter(|alert| alert.severity > Severity::Advice) {
            let owned =
                alert.owner.as_ref().and(alert.lapses_at).filter(|_| alert.state == AlertState::Acknowledged);
            let off = alert.snooze.as_ref().filter(|snooze| alert.severity <= snooze.severity);
            // What came in time never waits for the team.
            if let Some(late) = off.and_then(|snooze| snooze.late) {
                assert!(
                    alert.timely < Some(alert.severity) && !(late.waits && late.in_time.is_none()),
                    "{alert:?}"
                );
            }
            let (end, longest) = match (owned, off) {
                (Some(end), _) => (end, team.lapse()),
                (None, Some(snooze)) => {
                    if let Some(late) = snooze.late.filter(|late| late.waits) {
                        self.is_chased(alert, late.in_time.expect("it waits as something"));
                    }
                    (snooze.until, snooze.bound())
                }
                (None, None) => {
                    self.is_chased(alert, alert.severity);
                    continue;
                }
            };
            assert!(end > self.now, "{alert:?} is over at {}", self.now);
            assert!(end.duration_since(self.now) <= longest, "{alert:?} has no end");
            ends.insert(&alert.id, end);
        }
        if let Some(first) = ends.values().min() {
            assert!(self.watch.is_some() && self.look_at <= *first, "nobody looks when the first ends");
        }
    }

    /// What waits has a chain that runs, knows of it, and goes on soon.
    pub(super) fn is_chased(&self, alert: &WatchedAlert, severity: Severity) {
        let watch = self.watch.as_ref().expect("a watch over what waits");
        assert!(matches!(watch.stage, Stage::Running { .. }), "{watch:?}");
        assert!(watch.covers.contains(&alert.id), "{watch:?} does not know {alert:?}");
        assert!(watch.severity >= severity, "{watch:?} is not urgent enough");
        assert!(
            watch.next_at > self.now && watch.next_at <= after(self.now, 60),
            "{watch:?} at {}",
            self.now
        );
        assert!(self.look_at <= watch.next_at);
    }

    pub(super) fn looking_again_changes_nothing(&self) {
        let again = self.attend();
        assert_eq!(again.watch, self.watch, "a second look at {}", self.now);
        assert!(again.lapsed.is_empty() && again.woken.is_empty() && again.cut.is_empty(), "{again:?}");
        assert!(again.put_off.is_empty(), "{again:?}");
        if let Some(watch) = again.watch {
            let advanced = advance(watch.clone(), &self.roster(), self.now);
            assert_eq!((advanced.watch, advanced.notices), (watch, vec![]), "a second step");
        }
    }
}
