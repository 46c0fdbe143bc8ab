//! The site's file and what moves from day to day, together: whom a target reaches at an instant.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::team::TeamAddress;
use super::{Address, Change, Channel, Contact, Organisation, Target, Team};
use crate::domain::id::{RotaId, ServiceId, UserName};

/// Everything that decides whom a notification reaches.
#[derive(Debug, Clone, Copy)]
pub struct Roster<'a> {
    pub site: &'a Organisation,
    pub contacts: &'a [Contact],
    pub changes: &'a [Change],
    /// Those who may sign in. Whoever has left reaches nobody.
    pub staff: &'a BTreeSet<UserName>,
}

/// Who gets a notification, where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    /// Nothing for a team's or a service's own address.
    pub person: Option<UserName>,
    pub address: Address,
    /// Recently seen to work.
    pub proved: bool,
}

/// Why a target reaches nobody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unreached {
    NobodyOnCall(RotaId),
    /// No such person may sign in.
    Gone(UserName),
    NoContact(UserName),
    ServiceClosed(ServiceId),
    /// The service does not look after this team's patients.
    NotServed(ServiceId),
    /// The team or service has no address of its own.
    NoAddress(String),
}

impl Roster<'_> {
    /// Whom a target reaches for a team's patient at `at`.
    ///
    /// # Errors
    /// Every reason why it reaches nobody.
    pub fn reach(
        &self,
        target: &Target,
        team: &Team,
        at: Timestamp,
    ) -> Result<Vec<Recipient>, Vec<Unreached>> {
        match target {
            Target::Person(person) => self.person(person, at).map_err(|why| vec![why]),
            Target::OnCall(rota) => self.on_call(rota, at),
            Target::Team(id) => {
                let team = self.site.team(id);
                self.addresses(&team.addresses, at)
                    .ok_or_else(|| vec![Unreached::NoAddress(team.name.clone())])
            }
            Target::Service(id) => self.service(id, team, at).map_err(|why| vec![why]),
        }
    }

    /// The best way to a person: the first that is proved, by text rather than hook rather than mail. Without a proved
    /// one, every way there is: any of them may work.
    fn person(&self, person: &UserName, at: Timestamp) -> Result<Vec<Recipient>, Unreached> {
        if !self.staff.contains(person) {
            return Err(Unreached::Gone(person.clone()));
        }
        let mut ways: Vec<Recipient> = self
            .contacts
            .iter()
            .filter(|contact| contact.person == *person)
            .map(|contact| Recipient {
                person: Some(person.clone()),
                address: contact.address.clone(),
                proved: contact.is_proved(at, self.site.verified_days),
            })
            .collect();
        ways.sort_by_key(|way| match way.address.channel() {
            Channel::Sms => 0,
            Channel::Webhook => 1,
            Channel::Email => 2,
        });
        if let Some(best) = ways.iter().position(|way| way.proved) {
            return Ok(vec![ways.swap_remove(best)]);
        }
        if ways.is_empty() { Err(Unreached::NoContact(person.clone())) } else { Ok(ways) }
    }

    fn on_call(&self, id: &RotaId, at: Timestamp) -> Result<Vec<Recipient>, Vec<Unreached>> {
        let people = self.site.rotas.get(id).map(|rota| rota.on_call(at, self.site, self.changes));
        let (mut reached, mut missed) = (Vec::new(), Vec::new());
        for person in people.unwrap_or_default() {
            match self.person(&person, at) {
                Ok(ways) => reached.extend(ways),
                Err(why) => missed.push(why),
            }
        }
        match (reached.is_empty(), missed.is_empty()) {
            (false, _) => Ok(reached),
            (true, false) => Err(missed),
            (true, true) => Err(vec![Unreached::NobodyOnCall(id.clone())]),
        }
    }

    fn service(&self, id: &ServiceId, team: &Team, at: Timestamp) -> Result<Vec<Recipient>, Unreached> {
        let Some(service) = self.site.services.get(id) else {
            return Err(Unreached::NoAddress(id.to_string()));
        };
        if !service.serves(team) {
            return Err(Unreached::NotServed(id.clone()));
        }
        if !service.hours.is_open(at, self.site) {
            return Err(Unreached::ServiceClosed(id.clone()));
        }
        self.addresses(&service.addresses, at).ok_or_else(|| Unreached::NoAddress(service.name.clone()))
    }

    /// The addresses that the file gives; nothing when it gives none.
    fn addresses(&self, addresses: &[TeamAddress], at: Timestamp) -> Option<Vec<Recipient>> {
        let proved = |address: &TeamAddress| address.proved_until(self.site).is_some_and(|end| at < end);
        let reached: Vec<Recipient> = addresses
            .iter()
            .map(|own| Recipient { person: None, address: own.address.clone(), proved: proved(own) })
            .collect();
        (!reached.is_empty()).then_some(reached)
    }
}
