//! A wearer who presses for help, or falls, is red at once: there is no number to weigh.

use super::device::unknown_device;
use super::{Decision, Party};
use crate::domain::alert::{AlertChange, JoinAlert, NewAlert, Severity};
use crate::domain::event::{DeviceCall, Event};
use crate::domain::id::RuleId;
use crate::domain::profile::DeviceEvent;

/// The rule that alerts about calls name. It lives in the program, not in a file.
pub const CALL_RULE: &str = "system_device_call";
/// Raise it when what it says or when it fires changes.
pub const CALL_VERSION: &str = "built-in-1";

pub(super) fn decide(party: Party<'_>, event: &Event, call: &DeviceCall) -> Decision {
    let Party::Patient(state) = party else { return unknown_device(event, call.device.as_str()) };
    let mut decision = Decision::accepted(format!("a device reports: {}", call.call.name()));
    decision.patient = Some(state.patient.id.clone());
    let (title, why) = match call.call {
        DeviceEvent::Sos => ("Patient pressed for help", "The patient's device was pressed for help."),
        DeviceEvent::Fall => ("Patient may have fallen", "The patient's device says that its wearer fell."),
    };
    let proposal = "Ring the patient now. If nobody answers, send somebody or call 999.".to_owned();
    let standing = state.alerts.iter().find(|alert| alert.rule.as_str() == CALL_RULE);
    decision.alerts.push(match standing {
        Some(before) => AlertChange::Join(JoinAlert {
            id: before.id.clone(),
            severity: Severity::Red,
            // Each call is a person in need, whoever has taken on the one before.
            raised: true,
            worsened: true,
            timely: before.timely_after(Severity::Red, false, event.received_at),
            surpasses: true,
            is_cry: true,
            restated: true,
            repeat: true,
            state: crate::domain::alert::AlertState::Open,
            rule_version: CALL_VERSION.to_owned(),
            why: why.to_owned(),
            proposal,
            at: event.received_at,
            evidence: None,
        }),
        None => AlertChange::Open(NewAlert {
            id: event.id.alert(0),
            patient: state.patient.id.clone(),
            rule: RuleId::trusted(CALL_RULE),
            rule_version: CALL_VERSION.to_owned(),
            severity: Severity::Red,
            title: title.to_owned(),
            why: why.to_owned(),
            proposal,
            opened_at: event.received_at,
            late: false,
            evidence: None,
        }),
    });
    decision
}
