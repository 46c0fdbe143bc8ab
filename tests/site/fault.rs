//! What is wrong with a site's file is told with its place and a sentence, and none of it comes into force.

use lamplight::catalog::{Fault, parse_site, read_site};
use proptest::prelude::*;

use super::roster::SITE;

fn faults(text: &str) -> Vec<Fault> {
    parse_site("site.toml", text).err().unwrap_or_default()
}

/// Line and column, from 1, of the `nth` place of `mark`.
fn place(text: &str, mark: &str, nth: usize) -> (usize, usize) {
    let byte = text.match_indices(mark).nth(nth).unwrap_or_else(|| panic!("no {mark}")).0;
    let before = &text[..byte];
    (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1)
}

#[test]
fn every_fault_has_its_place_and_a_sentence() {
    assert_eq!(faults(SITE), []);
    // What is changed, into what, and where in the changed file what is told.
    for (label, from, to, mark, told) in [
        (
            "a key that is none",
            "verified_days = 30",
            "verified_day = 30",
            "verified_day",
            "'verified_day' is not a key here",
        ),
        (
            "a zone that is none",
            "Europe/London",
            "Europe/Londres",
            "\"Europe/Londres",
            "'Europe/Londres' is not a time zone",
        ),
        (
            "a default team that is none",
            "default_team = \"north\"",
            "default_team = \"west\"",
            "\"west\"",
            "there is no team 'west'; the teams are north, south",
        ),
        (
            "never verified",
            "verified_days = 30",
            "verified_days = 0",
            "0\nholidays",
            "'verified_days' must be a whole number from 1 to 3650",
        ),
        (
            "a holiday that is none",
            "2026-12-25",
            "\"2026-02-30\"",
            "\"2026-02-30",
            "'holidays' must be a date",
        ),
        (
            "a holiday twice",
            "[2026-12-25]",
            "[2026-12-25, 2026-12-25]",
            "2026-12-25]",
            "2026-12-25 is there already",
        ),
        (
            "hours that are none",
            "\"Mon-Fri 08:00-20:00\"",
            "\"Mon-Fry 08:00-20:00\"",
            "\"Mon-Fry",
            "'Mon-Fry 08:00-20:00' are no hours",
        ),
        (
            "an hour that is none",
            "\"Mon-Fri 08:00-20:00\"",
            "\"Mon-Fri 8-20\"",
            "\"Mon-Fri 8",
            "'Mon-Fri 8-20' are no hours",
        ),
        ("never staffed", "[\"Mon-Fri 08:00-20:00\"]", "[]", "[]", "'staffed' is empty"),
        (
            "holidays like no day",
            "\"like sunday\"",
            "\"like sundays\"",
            "\"like sundays",
            "'like sundays' says nothing of holidays",
        ),
        (
            "a role that is none",
            "\"lead\"",
            "\"boss\"",
            "\"boss",
            "'boss' is no role; use one of clinician, lead, clerk",
        ),
        (
            "no standard for red",
            "red = \"15 min\", amber = \"4 h staffed\"",
            "amber = \"4 h staffed\"",
            "{ amber",
            "'red' is missing",
        ),
        (
            "a standard that is none",
            "\"4 h staffed\"",
            "\"4 h sometimes\"",
            "\"4 h sometimes",
            "'4 h sometimes' is no standard",
        ),
        ("a standard of nothing", "\"4 h staffed\"", "\"0 h\"", "\"0 h", "'0 h' is no standard"),
        (
            "a chain without steps",
            "[{ notify = [\"rota:days\"], wait = \"45 min\" }]",
            "[]",
            "[]",
            "'amber' is empty",
        ),
        ("a chain for advice", "amber = [{", "advice = [{", "advice", "'advice' is not a key here"),
        ("a step that tells nobody", "notify = [\"rota:days\"]", "notify = []", "[]", "'notify' is empty"),
        (
            "a step without a wait",
            ", wait = \"45 min\"",
            "",
            "{ notify = [\"rota:days\"] }",
            "'wait' is missing",
        ),
        (
            "a wait of nothing",
            "\"45 min\"",
            "\"0 min\"",
            "\"0 min",
            "'wait' is '0 min'; it must be a length of time",
        ),
        ("a wait that is none", "\"45 min\"", "\"soon\"", "\"soon", "'wait' is 'soon'"),
        (
            "nobody to notify",
            "\"service:navigator\"",
            "\"navigator\"",
            "\"navigator\"",
            "'navigator' is nobody to notify",
        ),
        (
            "a rota that is none",
            "[\"rota:days\", ",
            "[\"rota:nights\", ",
            "\"rota:nights",
            "there is no rota 'nights'; the rotas are days",
        ),
        (
            "a person that is none",
            "\"person:amina\"",
            "\"person:aminah\"",
            "\"person:aminah",
            "'aminah' is in no team and on no rota",
        ),
        (
            "a team that is none",
            "\"person:amina\"",
            "\"team:west\"",
            "\"team:west",
            "there is no team 'west'",
        ),
        (
            "a team without addresses",
            "\"person:amina\"",
            "\"team:south\"",
            "\"team:south",
            "the team 'south' has no addresses",
        ),
        (
            "a service that is none",
            "\"service:navigator\"",
            "\"service:nhs\"",
            "\"service:nhs",
            "there is no service 'nhs'; the services are navigator",
        ),
        (
            "a service for others",
            "localities = [\"north\"]",
            "localities = [\"south\"]",
            "\"service:navigator\"",
            "does not serve the locality of the team 'north'",
        ),
        (
            "a locality that is none",
            "localities = [\"north\"]",
            "localities = [\"north\", \"nort\"]",
            "\"nort\"",
            "no team has the locality 'nort'",
        ),
        (
            "a service without addresses",
            "addresses = [{ sms = \"+447700900810\", verified = 2026-11-01 }]",
            "",
            "[service.navigator]",
            "'addresses' is missing",
        ),
        (
            "a phone that is none",
            "+447700900810",
            "07700 900810",
            "\"07700",
            "'07700 900810' is no address: a phone is written like",
        ),
        (
            "an address of two kinds",
            "{ email = \"north@example.org\" }",
            "{ email = \"a@b.org\", webhook = \"https://b.org\" }",
            "{ email",
            "an address is one of 'sms', 'email' and 'webhook'",
        ),
        (
            "a day that is none",
            "verified = 2026-11-20",
            "verified = \"lately\"",
            "\"lately",
            "'verified' must be a date",
        ),
        (
            "a rota without shifts",
            "[[rota.days.shift]]",
            "[rota.days.shifts]",
            "[rota.days]",
            "'shift' is missing",
        ),
        ("a shift on no day", "days = \"daily\"", "days = \"weekly\"", "\"weekly", "'weekly' are no days"),
        (
            "a time that is none",
            "to = \"20:00\"\np",
            "to = \"25:00\"\np",
            "\"25:00",
            "'25:00' is not a time of day",
        ),
        (
            "a shift called override",
            "name = \"Day\"",
            "name = \"Override\"",
            "\"Override",
            "cannot be called 'override'",
        ),
        (
            "turns of no length",
            "turn = \"1 day\"\n",
            "",
            "[[rota.days.shift]]",
            "people who take turns need 'turn'",
        ),
        ("turns of hours", "turn = \"1 day\"", "turn = \"12 h\"", "\"12 h", "'12 h' is no turn"),
        (
            "turns without a first",
            "first = 2026-11-22\n",
            "",
            "[[rota.days.shift]]",
            "people who take turns need 'first'",
        ),
        (
            "a first that is none",
            "first = 2026-11-22",
            "first = 2026-11-22T08:00:00",
            "2026-11-22T08",
            "'first' must be a date",
        ),
        (
            "a name with a colon",
            "\"brendan\", \"carol\"",
            "\"a:b\", \"carol\"",
            "\"a:b",
            "'a:b' is not an id",
        ),
        (
            "a team called like another",
            "name = \"South\"",
            "name = \"North\"",
            "\"North\"\nlocality = \"south",
            "the team 'North' is there already",
        ),
        (
            "a detail that is none",
            "verified_days = 30",
            "detail = \"all\"",
            "\"all",
            "'all' is no such detail",
        ),
        ("no outcome", "verified_days = 30", "outcome = []", "[]", "'outcome' is empty"),
        (
            "an outcome twice",
            "verified_days = 30",
            "outcome = [{ name = \"called\", action = true }, { name = \"Called\", action = true }]",
            "\"Called",
            "the outcome 'Called' is there already",
        ),
        (
            "a lapse of nothing",
            "members = {}",
            "members = {}\nlapse_minutes = 0",
            "0\nstandard",
            "'lapse_minutes' must be a whole number from 5",
        ),
        (
            "a flag that is none",
            "members = {}",
            "members = {}\ntells_seen = \"yes\"",
            "\"yes",
            "'tells_seen' must be true or false",
        ),
        ("a team twice", "[team.south]", "[team.north]", "north]\nname = \"South", "this is not TOML"),
        (
            "rounds without end",
            "rounds = 2",
            "rounds = 0",
            "0\nagain",
            "'rounds' must be a whole number from 1 to 10",
        ),
    ] {
        assert!(SITE.contains(from), "{label}");
        let text = SITE.replacen(from, to, 1);
        let found = faults(&text);
        let (line, column) = place(&text, mark, 0);
        let is_told = found.iter().any(|fault| {
            fault.line == line
                && fault.column == column
                && fault.why.contains(told)
                && fault.file == "site.toml"
        });
        assert!(is_told, "{label}: at {line}:{column}, not {found:#?}");
    }
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_lines() {
    let text =
        SITE.replace("\"15 min\"", "\"soon\"").replace("\"daily\"", "\"never\"").replace("Europe", "Africa");
    let lines: Vec<usize> = faults(&text).iter().map(|fault| fault.line).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines.is_sorted());
}

#[test]
fn a_file_that_cannot_be_read_is_one_fault() {
    let told = read_site("/nonexistent/site.toml".as_ref()).unwrap_err();
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].to_string(),
        "/nonexistent/site.toml:1:1: there is no such file; name one that exists"
    );
}

proptest! {
    #[test]
    fn no_file_breaks_the_reader(cut in 0..SITE.len(), put in "[\\PC\n]{0,12}", skip in 0..40_usize) {
        let cut = (cut..).find(|at| SITE.is_char_boundary(*at)).unwrap();
        let rest = (cut + skip..=SITE.len()).find(|at| SITE.is_char_boundary(*at)).unwrap_or(SITE.len());
        let text = format!("{}{put}{}", &SITE[..cut], &SITE[rest..]);
        for fault in faults(&text) {
            prop_assert!(fault.line >= 1 && fault.column >= 1 && !fault.why.is_empty());
            prop_assert!(fault.line <= text.lines().count() + 1);
        }
    }
}
