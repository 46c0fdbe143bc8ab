//! What the daemon insists on before it believes anybody.

use crate::support::daemon::{ACCOUNT, HOUSE_NUMBER, TOKEN};
use crate::support::house::{House, PROJECT};

fn config(token: &str) -> String {
    format!(
        "[store]\npath = \"lamplight.db\"\n[http]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://gw.example.nhs.uk\"\n\
         [sms]\nprovider = \"twilio\"\n[sms.twilio]\naccount_sid = {ACCOUNT:?}\n{token}from = {HOUSE_NUMBER:?}\n\
         [clinical]\nprotocols = \"{PROJECT}/protocols\"\nrules = \"{PROJECT}/alert_rules\"\n"
    )
}

#[test]
fn sms_03_without_a_token_the_daemon_refuses_to_start_and_names_it() {
    for token in ["", "auth_token = \"\"\n"] {
        let house = House::new(&config(token));
        for command in [&["serve"][..], &["config", "check"]] {
            let told = house.run(command);
            assert_eq!(told.code, 2, "{command:?}: {told:?}");
            assert!(told.err.contains("sms.twilio.auth_token"), "{told:?}");
        }
    }
    let told = House::new(&config(&format!("auth_token = {TOKEN:?}\n"))).run(&["config", "check"]);
    assert_eq!(told.code, 0, "{told:?}");
}
