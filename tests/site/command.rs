//! The site's file at the command line, and in force.

use std::fs;

use crate::support::house::{House, PROJECT, quiet_config};

use super::roster::SITE;

const SINCE: [&str; 4] = ["check", "coverage", "--from", "2026-11-23"];

fn house_at(site: &str) -> House {
    let config = quiet_config("127.0.0.1:0").replace("[clinical]\n", "[clinical]\nsite = \"site.toml\"\n");
    let house = House::new(&config);
    house.write("site.toml", site);
    house
}

#[test]
fn check_proves_a_site_that_is_named_and_the_shipped_one_holds() {
    let house = House::quiet();
    let shipped = format!("{PROJECT}/deploy/site.toml");
    let told = house.must(&["check", "--site", &shipped]);
    assert!(told.contains(", 3 teams, 4 rotas, 1 services: all good"), "{told}");
    house.write("site.toml", &SITE.replace("\"daily\"", "\"never\""));
    assert!(!house.must(&["check"]).contains("teams"));
    let told = house.run(&["check", "--site", "site.toml"]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.out.starts_with("site.toml:37:8: 'never' are no days"), "{told:?}");
}

#[test]
fn holes_are_printed_one_a_line_and_the_exit_code_is_1() {
    let house = house_at(SITE);
    house.must(&["migrate"]);
    let told = house.run(&[&SINCE[..], &["--days", "1"]].concat());
    assert_eq!(told.code, 1, "{told:?}");
    let lines: Vec<&str> = told.out.lines().collect();
    assert_eq!(
        lines[0],
        "north red: Mon 2026-11-23 08:00 GMT to Mon 2026-11-23 18:00 GMT: carol may not sign in here; amina may not sign in \
         here; Clinical navigator is closed"
    );
    assert!(lines.contains(
        &"south amber: Mon 2026-11-23 00:00 GMT to Tue 2026-11-24 00:00 GMT: the team tells nobody of this severity"
    ));
    assert_eq!(*lines.last().unwrap(), "Mon 2026-11-23 00:00 GMT to Tue 2026-11-24 00:00 GMT: 6 holes");
    assert_eq!(lines.len(), 7, "{told:?}");
}

#[tokio::test]
async fn a_site_whose_people_are_all_reached_is_covered_over_both_clock_changes() {
    let round_the_clock =
        SITE.replace("from = \"08:00\"\nto = \"20:00\"", "from = \"08:00\"\nto = \"08:00\"");
    let south = "standard = { red = \"15 min\", amber = \"4 h\" }\n\
                 chain = { amber = [{ notify = [\"rota:days\"], wait = \"5 min\" }] }\n";
    let site = round_the_clock.replace("standard = { red = \"15 min\", amber = \"4 h\" }\n", south);
    let house = house_at(&site.replace("verified_days = 30", "verified_days = 400"));
    for person in ["amina", "brendan", "carol"] {
        house.must(&["user", "add", person, "--full-name", person]);
    }
    let sql = "insert into contact (id, user_name, channel, address, created_at, verified_at)
               select name, name, 'sms', '+4477009001' || (10 + rowid), 0, unixepoch('2026-09-30') * 1000 from
               (select name, row_number() over () as rowid from user)";
    house.change(sql).await;
    for from in ["2026-10-20", "2027-03-20"] {
        let told = house.must(&["check", "coverage", "--from", from]);
        assert!(
            told.ends_with("an amber and a red alert of each of 2 teams reach somebody at every instant\n"),
            "{told}"
        );
    }
    house.must(&["user", "disable", "carol"]);
    let told = house.run(&["check", "coverage", "--from", "2026-10-24", "--days", "2"]);
    let spent =
        "north amber: Sat 2026-10-24 08:00 BST to Sun 2026-10-25 08:00 GMT: carol may not sign in here";
    assert!(told.code == 1 && told.out.contains(spent), "{told:?}");
}

#[test]
fn without_a_site_or_a_database_it_says_so() {
    let house = House::quiet();
    let told = house.run(&["check", "coverage"]);
    assert!(told.code == 2 && told.err.contains("clinical.site"), "{told:?}");
    fs::remove_file(house.path("config.toml")).unwrap();
    house.write("site.toml", SITE);
    let told = house.run(&["check", "coverage", "--site", "site.toml"]);
    assert!(told.code == 1 && told.out.starts_with("there is no database here"), "{told:?}");
    house.write("site.toml", "name = 7\n");
    let told = house.run(&["check", "coverage", "--site", "site.toml"]);
    assert!(told.code == 1 && told.out.contains("site.toml:1:8: "), "{told:?}");
}

#[test]
fn a_faulty_site_stops_the_start_with_the_place_of_every_fault() {
    let house = house_at(&SITE.replace("\"daily\"", "\"never\"").replace("\"lead\"", "\"boss\""));
    let told = house.run(&["serve"]);
    assert_ne!(told.code, 0);
    assert!(told.err.contains("site.toml:37:8: ") && told.err.contains("site.toml:13:21: "), "{told:?}");
}
