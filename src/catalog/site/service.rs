//! Reads `[service.…]`, the directory of outside services, and addresses that the file gives.

use std::collections::BTreeMap;

use crate::domain::id::ServiceId;
use crate::domain::organisation::{Address, Channel, Service, TeamAddress};

use super::super::fault::Report;
use super::super::table::Table;
use super::reference::References;
use super::{hours, named_tables, word};

pub(super) fn read(
    root: &mut Table<'_>,
    references: &mut References,
    report: &mut Report<'_>,
) -> BTreeMap<ServiceId, Service> {
    let mut services = BTreeMap::new();
    for (id, _, mut table) in named_tables(root, "service", ServiceId::parse, report) {
        let name = table.text("name", report);
        let hours = hours::read(&mut table, "hours", report);
        let localities = table.texts("localities", report);
        references.localities.extend(localities.iter().cloned());
        table.must("addresses", report);
        let addresses = read_addresses(&mut table, report);
        table.close(report);
        let (Some(name), Some(hours)) = (name, hours) else { continue };
        let localities = localities.into_iter().map(toml::Spanned::into_inner).collect();
        services.insert(id.clone(), Service { id, name: name.into_inner(), hours, localities, addresses });
    }
    services
}

/// `addresses = [{ sms = "+44…", verified = 2026-10-01 }, { email = "…" }]`. A list that is there holds something.
pub(super) fn read_addresses(table: &mut Table<'_>, report: &mut Report<'_>) -> Vec<TeamAddress> {
    if table.maybe("addresses").is_none() {
        return Vec::new();
    }
    let mut addresses: Vec<TeamAddress> = Vec::new();
    for value in table.list("addresses", report) {
        let Some(mut entry) = Table::from_value(value, "an address", report) else { continue };
        let mut given = Vec::new();
        for (channel, key) in
            [(Channel::Sms, "sms"), (Channel::Email, "email"), (Channel::Webhook, "webhook")]
        {
            given.extend(entry.maybe_text(key, report).map(|text| (channel, text)));
        }
        let verified = entry.maybe("verified").and_then(|value| word::date(value, "verified", report));
        entry.close(report);
        let [(channel, text)] = given.as_slice() else {
            report.add(value.span(), "an address is one of 'sms', 'email' and 'webhook'");
            continue;
        };
        match Address::parse(*channel, text.get_ref()) {
            Ok(address) if addresses.iter().any(|other| other.address == address) => {
                report.add(text.span(), format!("'{}' is there already", text.get_ref()));
            }
            Ok(address) => addresses.push(TeamAddress { address, verified }),
            Err(why) => report.add(text.span(), format!("'{}' is no address: {why}", text.get_ref())),
        }
    }
    addresses
}
