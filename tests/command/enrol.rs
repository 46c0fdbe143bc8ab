use crate::support::house::{House, PROJECT, quiet_config};

#[tokio::test]
async fn a_list_is_enrolled_and_what_is_held_on_a_person_is_printed() {
    let house = House::quiet();
    house.write(
        "list.csv",
        "patient_id,name,phone,nhs_number,date_of_birth,language,time_zone,team,consent,devices,protocols,thresholds\n\
         p1,Agnes Whitlock,07700 900123,943 476 5919,1941-03-09,en,Europe/London,north,given,cuff-1;scale-1,,blood_pressure_high.systolic_amber=160\n\
         p2,,,,,,,,,,,\n",
    );
    assert_eq!(
        house.must(&["patient", "import", "list.csv"]),
        "2 enrolled, 0 updated, 0 unchanged, 2 devices newly bound, 0 enrolments begun\n"
    );
    assert_eq!(
        house.must(&["patient", "import", "list.csv"]),
        "0 enrolled, 0 updated, 2 unchanged, 0 devices newly bound, 0 enrolments begun\n"
    );
    let held: serde_json::Value = serde_json::from_str(&house.must(&["patient", "export", "p1"])).unwrap();
    assert_eq!(
        (&held["patient"]["name"], &held["patient"]["phone"]),
        (&"Agnes Whitlock".into(), &"+447700900123".into())
    );
    assert_eq!(held["device"].as_array().unwrap().len(), 2);
    let told = house.run(&["patient", "export", "p404"]);
    assert_eq!((told.code, told.err.as_str()), (1, "lamplight: there is no patient p404\n"));
    assert_eq!(house.see("select id from patient order by id").await, ["p1", "p2"]);
}

#[tokio::test]
async fn a_faulty_list_names_each_line_and_enrols_nobody() {
    let house = House::quiet();
    house.must(&["migrate"]);
    for (list, faults) in [
        (
            "patient_id,phone,consent\np1,07700900123,given\np2,0123,given\np3,,perhaps\np 4,,\n",
            vec!["line 3: phone", "line 4: consent", "line 5: patient_id"],
        ),
        ("patient_id,shoe_size\np1,42\n", vec!["line 1: "]),
        ("name\nAgnes\n", vec!["line 1: "]),
        ("patient_id\np1\np1\n", vec!["line 3: "]),
        ("patient_id,thresholds\np1,no_such_rule.x=1\n", vec!["line 2: thresholds"]),
        ("", vec!["line 1 "]),
    ] {
        house.write("list.csv", list);
        let told = house.run(&["patient", "import", "list.csv"]);
        assert_eq!((told.code, told.out.as_str()), (1, ""), "{list:?}: {told:?}");
        for fault in &faults {
            assert!(told.err.contains(&format!("list.csv: {}", fault.trim_end())), "{list:?}: {}", told.err);
        }
        assert!(told.err.contains("nothing was imported"), "{list:?}: {}", told.err);
        assert_eq!(told.err.lines().count(), faults.len() + 1, "{list:?}: {}", told.err);
        assert_eq!(house.see("select count(*) from patient").await, ["0"], "{list:?}");
    }
    let told = house.run(&["patient", "import", "nowhere.csv"]);
    assert_eq!(told.code, 2);
    assert!(told.err.starts_with("lamplight: nowhere.csv cannot be read"), "{told:?}");
}

#[tokio::test]
async fn a_device_is_registered_with_a_password_that_is_shown_once_and_kept_nowhere() {
    let house = House::quiet();
    house.enrol("patient_id\np1\n");
    let told = house.must(&["device", "add", "cuff-1", "--patient", "p1"]);
    let password = told.lines().find_map(|line| line.strip_prefix("password:")).unwrap();
    let password = password.split_whitespace().next().unwrap();
    assert!(password.len() >= 24 && told.matches(password).count() == 1, "{told}");
    assert!(told.contains("cuff-1:$7$"), "{told}");
    assert_eq!(house.must(&["device", "list"]), "cuff-1\tp1\tin use\n");
    assert!(!house.must(&["device", "list"]).contains(password));
    house.must(&["device", "revoke", "cuff-1"]);
    assert_eq!(house.must(&["device", "list"]), "cuff-1\tp1\trevoked\n");
    super::account::keeps_nothing_of(&house, password);

    for (args, code, said) in [
        (vec!["add", "cuff-1"], 1, "cuff-1 was revoked"),
        (vec!["add", "cuff-2", "--patient", "p404"], 1, "there is no patient p404"),
        (vec!["add", "a/b"], 2, "'a/b' is not a valid id"),
        (vec!["revoke", "cuff-9"], 1, "there is no device cuff-9"),
    ] {
        let told = house.run(&[&["device"], args.as_slice()].concat());
        assert_eq!((told.code, told.out.as_str()), (code, ""), "{args:?}: {told:?}");
        assert!(told.err.contains(said) && told.err.lines().count() == 1, "{args:?}: {told:?}");
    }
}

#[tokio::test]
async fn a_migration_says_the_version_and_changes_nothing_the_second_time() {
    let house = House::quiet();
    let told = house.must(&["migrate"]);
    assert!(told.starts_with("lamplight.db has schema version "), "{told}");
    let tables = house.see("select name from sqlite_master order by name").await;
    assert!(tables.iter().any(|name| name == "v_reading"), "{tables:?}");
    assert_eq!(house.must(&["migrate"]), told);
    assert_eq!(house.see("select name from sqlite_master order by name").await, tables);
    // The environment alone is enough to name the database.
    let told =
        house.run_with(&["migrate", "--config", "nowhere.toml"], &[("LAMPLIGHT__STORE__PATH", "other.db")]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(house.path("other.db").exists());
}

#[tokio::test]
async fn carers_are_added_listed_and_removed() {
    let house = House::quiet();
    house.enrol("patient_id,phone\np1,07700 900123\n");
    let add = ["patient", "carer", "add", "p1", "07700 900150", "--name", "Grace", "--consent-by", "p1"];
    let told = house.must(&[&add[..], &["--may-report", "--copies", "red"]].concat());
    assert_eq!(told, "+447700900150 cares for p1\n");
    assert_eq!(
        house.must(&["patient", "carer", "list", "p1"]),
        "+447700900150\tGrace\treports\tcopies:red\tp1\n"
    );
    let own = ["patient", "carer", "add", "p1", "07700 900123", "--name", "P", "--consent-by", "p1"];
    assert_eq!(house.run(&own).code, 2);
    house.must(&["patient", "carer", "remove", "p1", "07700 900150"]);
    let again = house.run(&["patient", "carer", "remove", "p1", "07700 900150"]);
    assert_eq!(
        (again.code, again.err.as_str()),
        (1, "lamplight: the patient has no carer with that phone\n")
    );
    assert_eq!(
        house.see("select action from audit where action like 'carer%'").await,
        ["carer.added", "carer.removed"]
    );
}

#[tokio::test]
async fn a_team_that_no_file_has_is_told_at_the_import_by_the_check_and_on_the_queue() {
    let site = std::fs::read_to_string(format!("{PROJECT}/src/daemon/selfproof/site.toml")).unwrap();
    let house = House::new(&(quiet_config("127.0.0.1:0") + "site = \"site.toml\"\n"));
    house.write("site.toml", &site);
    house.write("list.csv", "patient_id,team\np1,Ward\np2,Wrad\np3,wrad\np4,\n");
    let told = house.must(&["patient", "import", "list.csv"]);
    let warning = "warning: 1 patient is of the team 'Wrad', which the site's file does not have, and in the queue of Ward;";
    assert!(told.contains(warning) && !told.contains("'Ward'"), "{told}");
    assert!(house.must(&["config", "check"]).contains(warning));
    assert_eq!(
        house.see("select kind, subject from task where resolved_at is null").await,
        ["stray_team|Wrad", "stray_team|wrad"]
    );
    house.must(&["patient", "import", "list.csv"]);
    assert_eq!(house.count("select max(count) from task").await, 1, "once a name");

    house.write("list.csv", "patient_id,team\np2,ward\np3,WARD\n");
    assert!(!house.must(&["patient", "import", "list.csv"]).contains("warning"));
    assert_eq!(house.count("select count(*) from task where resolved_at is null").await, 0);
    assert_eq!(house.must(&["config", "check"]), "config.toml is in order\n");
}
