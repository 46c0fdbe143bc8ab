//! Everything a list can get wrong. Each case names its line and what to write instead, and changes nothing.

use super::house::{House, catalog, noon};
use lamplight::engine::device::{register_device, revoke_device};
use lamplight::engine::enrol::{EnrolError, ImportError, Row, import, register_patient};

use lamplight::domain::id::{DeviceId, PatientId};

/// Label, file, every fault in order. Faults are given by fragments of their sentences.
const CASES: &[(&str, &[u8], &[&str])] = &[
    (
        "empty file",
        b"",
        &["line 1 holds nothing; the first line must name the columns, patient_id among them"],
    ),
    ("blank lines only", b"\n\r\n\n", &["line 1 holds nothing"]),
    ("byte order mark only", b"\xef\xbb\xbf", &["line 1 holds nothing"]),
    ("header only", b"patient_id,name\n", &["line 1 is followed by no patients"]),
    ("rows without anything", b"patient_id,name\n,\n , \n", &["line 1 is followed by no patients"]),
    (
        "no header",
        b"p9,Ann\np8,Bob\n",
        &[
            "line 1: 'p9' is not a column; the columns are patient_id, name,",
            "line 1: 'Ann'",
            "line 1: patient_id is missing from the header",
        ],
    ),
    ("unknown column", b"patient_id,mobile\np9,1\n", &["line 1: 'mobile' is not a column"]),
    ("column in capitals", b"patient_id,Name\np9,1\n", &["line 1: 'Name' is not a column"]),
    ("column twice", b"patient_id,name,name\np9,a,b\n", &["line 1: name stands twice"]),
    ("column without a name", b"patient_id,name,\np9,a,b\n", &["line 1 gives column 3 no name"]),
    (
        "id column missing",
        b"name,phone\nAnn,07700900123\n",
        &["line 1: patient_id is missing from the header"],
    ),
    (
        "header below a title",
        b"Ward list\npatient_id\np9\n",
        &["line 1: 'Ward list' is not a column", "line 1: patient_id is missing"],
    ),
    ("a word of another alphabet", b"patient_id,n\xe4me\np9,a\n", &["is not a column"]),
    (
        "header quote never closed",
        b"\"patient_id,name\np9,a\n",
        &["line 1 opens a quotation mark that is never closed"],
    ),
    (
        "control characters in a column",
        b"patient_id,\x1b[31m\np9,a\n",
        &["line 1: '\\u{1b}[31m' is not a column"],
    ),
    ("UTF-16 little end", b"\xff\xfep\0a\0", &["line 1 begins a file in UTF-16; save it as 'CSV UTF-8'"]),
    ("UTF-16 big end", b"\xfe\xff\0p\0a", &["UTF-16"]),
    ("row too short", b"patient_id,name\np9\n", &["line 2 has 1 cells where the header names 2 columns"]),
    ("row too long", b"patient_id,name\np9,Smith, Ann\n", &["line 2 has 3 cells where"]),
    ("row under other delimiter", b"patient_id;name\np9,Ann\n", &["line 2 has 1 cells"]),
    ("quote never closed", b"patient_id,name\np9,\"Ann\np8,Bob\n", &["line 2 opens a quotation mark"]),
    (
        "quote closed too early",
        b"patient_id,name\np9,\"Ann \"Annie\" Smith\"\np8,Bob\n",
        &["line 2 has text after a closing quotation mark"],
    ),
    (
        "quote that swallows a row",
        b"patient_id,name\np9,\"Ann\np8,\"Bob\n",
        &["line 2 has text after a closing"],
    ),
    (
        "Windows-1252",
        b"patient_id,name\np9,Zo\xeb\n",
        &["line 2: name is not UTF-8; save the list as 'CSV UTF-8'"],
    ),
    (
        "letters lost before",
        "patient_id,name\np9,Zo\u{fffd}\n".as_bytes(),
        &["line 2: name has lost letters"],
    ),
    (
        "two cells not UTF-8",
        b"patient_id,name,team\np9,\xe4,\xe4\n",
        &["line 2: name is not UTF-8", "line 2: team is not UTF-8"],
    ),
    ("id missing", b"patient_id,name\n,Ann\n", &["line 2: patient_id is missing"]),
    ("id of spaces", b"patient_id,name\n   ,Ann\n", &["line 2: patient_id is missing"]),
    (
        "two ids missing",
        b"patient_id,name\n,Ann\n,Bob\n",
        &["line 2: patient_id is missing", "line 3: patient_id is missing"],
    ),
    ("id with a space", b"patient_id\np 9\n", &["line 2: patient_id must be 1 to 64 letters"]),
    ("id with a slash", b"patient_id\np/9\n", &["line 2: patient_id must be"]),
    (
        "id too long",
        b"patient_id\nppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp\n",
        &["patient_id must be"],
    ),
    ("id twice", b"patient_id\np9\np8\np9\n", &["line 4: patient_id is already on line 2"]),
    (
        "id twice, the first faulty",
        b"patient_id,consent\np9,no\np9,given\n",
        &["line 2: consent", "line 3: patient_id is already on line 2"],
    ),
    ("name with a bell", b"patient_id,name\np9,An\x07n\n", &["line 2: name holds control characters"]),
    ("name with a nul", b"patient_id,name\np9,An\0n\n", &["line 2: name holds control characters"]),
    (
        "phone of letters",
        b"patient_id,phone\np9,none\n",
        &["line 2: phone is not a telephone number; write it like"],
    ),
    (
        "sms_23: a landline",
        b"patient_id,phone\np9,020 7946 0123\np8,070 1234 5678\n",
        &["line 2: phone is no mobile phone for sure", "line 3: phone is no mobile phone for sure"],
    ),
    ("phone too short", b"patient_id,phone\np9,07700\n", &["line 2: phone is not"]),
    ("phone rounded by a spreadsheet", b"patient_id,phone\np9,4.477E+11\n", &["line 2: phone is not"]),
    ("two phones", b"patient_id,phone\np9,07700900123 / 07700900124\n", &["line 2: phone is not"]),
    (
        "NHS number with a wrong digit",
        b"patient_id,nhs_number\np9,9434765918\n",
        &["line 2: nhs_number is not an NHS number"],
    ),
    ("NHS number too short", b"patient_id,nhs_number\np9,943476591\n", &["line 2: nhs_number is not"]),
    (
        "date of a British spreadsheet",
        b"patient_id,date_of_birth\np9,28/03/1951\n",
        &["line 2: date_of_birth is not a date; write it like 1951-03-28"],
    ),
    ("date without dashes", b"patient_id,date_of_birth\np9,19510328\n", &["date_of_birth is not a date"]),
    ("date that never was", b"patient_id,date_of_birth\np9,1951-02-29\n", &["date_of_birth is not a date"]),
    (
        "date with a time",
        b"patient_id,date_of_birth\np9,1951-03-28T00:00\n",
        &["date_of_birth is not a date"],
    ),
    (
        "date in the future",
        b"patient_id,date_of_birth\np9,2026-11-23\n",
        &["line 2: date_of_birth lies in the future"],
    ),
    (
        "date of the last century but one",
        b"patient_id,date_of_birth\np9,1851-03-28\n",
        &["lies more than 130 years back"],
    ),
    (
        "language in words",
        b"patient_id,language\np9,Welsh\n",
        &["line 2: language 'Welsh' is not an ISO 639-1 code"],
    ),
    ("language nobody speaks", b"patient_id,language\np9,zz\n", &["language 'zz' is not"]),
    (
        "time zone abbreviated",
        b"patient_id,time_zone\np9,BST\n",
        &["line 2: time_zone 'BST' is not a time zone; write an IANA name like Europe/London"],
    ),
    ("time zone unknown", b"patient_id,time_zone\np9,Europe/Londen\n", &["time_zone 'Europe/Londen' is not"]),
    ("time zone of no place", b"patient_id,time_zone\np9,Etc/Unknown\n", &["time_zone 'Etc/Unknown' is not"]),
    (
        "consent in words",
        b"patient_id,consent\np9,yes\n",
        &["line 2: consent must be opt_in, opt_out or given"],
    ),
    ("device with a slash", b"patient_id,devices\np9,d9/a\n", &["line 2: devices 'd9/a' is not a device id"]),
    (
        "device with a wildcard",
        b"patient_id,devices\np9,d9;#;+\n",
        &["devices '#' is not", "devices '+' is not"],
    ),
    ("devices parted by spaces", b"patient_id,devices\np9,d9 d8\n", &["devices 'd9 d8' is not a device id"]),
    (
        "device of another patient",
        b"patient_id,devices\np9,d-taken\n",
        &["line 2: devices d-taken belongs to patient p1"],
    ),
    ("device revoked", b"patient_id,devices\np1,d-old\n", &["line 2: devices d-old was revoked"]),
    (
        "device twice in the list",
        b"patient_id,devices\np9,d9\np8,d9\n",
        &["line 3: devices d9 is already given out on line 2"],
    ),
    (
        "protocol in capitals",
        b"patient_id,protocols\np9,BP\n",
        &["line 2: protocols 'BP' is not a protocol id"],
    ),
    ("protocol with a path", b"patient_id,protocols\np9,../bp\n", &["protocols '../bp' is not"]),
    (
        "limit without a value",
        b"patient_id,thresholds\np9,bp_high.red\n",
        &["line 2: thresholds 'bp_high.red' must be written rule.parameter=value"],
    ),
    (
        "limit without a parameter",
        b"patient_id,thresholds\np9,bp_high=150\n",
        &["must be written rule.parameter=value"],
    ),
    (
        "limit of no rule",
        b"patient_id,thresholds\np9,bp.red=150\n",
        &["thresholds names no rule 'bp'; the rules are bp_high, peak_flow_low"],
    ),
    (
        "limit of no parameter",
        b"patient_id,thresholds\np9,bp_high.pink=150\n",
        &["names no parameter 'pink' of bp_high; it has amber, red"],
    ),
    (
        "limit in words",
        b"patient_id,thresholds\np9,bp_high.red=high\n",
        &["bp_high.red needs a number like 135 or 7.5"],
    ),
    ("limit with a decimal comma", b"patient_id,thresholds\np9,\"bp_high.red=150,5\"\n", &["needs a number"]),
    (
        "limit that is no number",
        b"patient_id,thresholds\np9,bp_high.red=NaN;bp_high.amber=inf\n",
        &["bp_high.red needs a number", "bp_high.amber needs a number"],
    ),
    (
        "limit too low",
        b"patient_id,thresholds\np9,bp_high.red=139\n",
        &["thresholds bp_high.red is 139, outside 140 to 220 mm[Hg]"],
    ),
    ("limit too high", b"patient_id,thresholds\np9,bp_high.red=221\n", &["outside 140 to 220"]),
    (
        "limit twice",
        b"patient_id,thresholds\np9,bp_high.red=150;bp_high.red=160\n",
        &["thresholds sets bp_high.red twice"],
    ),
    (
        "all of a row's faults",
        b"patient_id,phone,consent,language\np 9,none,no,zz\n",
        &["line 2: patient_id", "line 2: phone", "line 2: language", "line 2: consent"],
    ),
    (
        "faults on lines after a long cell",
        b"patient_id,name,consent\r\np9,\"Ann\r\nof\r\nthe mill\",no\r\n\r\np8,Bob,no\r\n",
        &["line 2: consent", "line 6: consent"],
    ),
    (
        "faults of all kinds in order",
        b"patient_id,devices\np9,d-taken\np8\np7,d/\np6,d-old\n",
        &[
            "line 2: devices d-taken belongs",
            "line 3 has 1 cells",
            "line 4: devices 'd/'",
            "line 5: devices d-old was revoked",
        ],
    ),
];

/// One patient with one device, and a revoked one.
async fn house() -> House {
    let house = House::new().await;
    house.import("patient_id,devices,thresholds\np1,d-taken;d-old,bp_high.red=150\n").await.unwrap();
    revoke_device(&house.store, noon(), "sister", &DeviceId::trusted("d-old")).await.unwrap();
    house
}

#[tokio::test]
async fn every_faulty_line_is_named_and_nothing_is_imported() {
    let house = house().await;
    let before = house.counts().await;
    for (label, file, expected) in CASES {
        let faults = house.faults(file).await;
        let all = faults.len() == expected.len();
        let each = faults.iter().zip(*expected).all(|(fault, expected)| fault.contains(expected));
        assert!(all && each, "{label}:\n found {faults:#?}\n expected {expected:#?}");
        assert!(faults.iter().all(|fault| !fault.contains('\n')), "{label}: {faults:?}");
        assert_eq!(house.counts().await, before, "{label}");
    }
    assert!(CASES.len() >= 40);
}

#[tokio::test]
async fn a_cell_that_is_too_long_is_a_fault() {
    let house = house().await;
    let name = |letters: usize| format!("patient_id,name\np9,{}\n", "n".repeat(letters));
    assert_eq!(house.faults(name(201)).await, ["line 2: name is longer than 200 characters"]);
    assert_eq!(house.import(name(200)).await.unwrap().enrolled, 1);
}

#[tokio::test]
async fn a_list_that_never_ends_is_refused() {
    let house = house().await;
    let endless = import(&house.store, noon(), "sister", catalog(), std::io::repeat(b'p')).await;
    let Err(ImportError::Faults(faults)) = endless else { panic!("{endless:?}") };
    assert_eq!(faults[0].to_string(), "line 1 begins a file larger than 64 MiB; split the list");
}

#[tokio::test]
async fn one_faulty_line_among_many_good_ones_imports_none() {
    let house = house().await;
    let before = house.counts().await;
    let good: String = (0..5_000).map(|n| format!("q{n},q-device-{n},bp,bp_high.red=160\n")).collect();
    let file = format!("patient_id,devices,protocols,thresholds\n{good}q5000,d-taken,bp,\n");
    assert_eq!(
        house.faults(file).await,
        ["line 5002: devices d-taken belongs to patient p1; revoke it there first"]
    );
    assert_eq!(house.counts().await, before);
}

#[tokio::test]
async fn faults_never_repeat_a_persons_details() {
    let house = house().await;
    let file =
        "patient_id,name,phone,nhs_number,date_of_birth\np9,Ann\u{7}Smith,07700900x,9434765910,1.4.51\n";
    let faults = house.faults(file).await;
    assert_eq!(faults.len(), 4);
    for private in ["Ann", "07700", "94347", "1.4.51"] {
        assert!(faults.iter().all(|fault| !fault.contains(private)), "{private}: {faults:?}");
    }
}

#[tokio::test]
async fn a_single_patient_with_faults_hears_of_all_of_them_and_changes_nothing() {
    let house = house().await;
    let before = house.counts().await;
    let cell = |column: &str, cell: &str| (column.to_owned(), cell.to_owned());
    for (row, expected) in [
        (Row::from([cell("name", "Ann")]), vec!["patient_id is missing"]),
        (
            Row::from([cell("patient_id", "p9"), cell("ward", "7"), cell("consent", "no")]),
            vec!["'ward' is not a column; ", "consent must be"],
        ),
        (
            Row::from([cell("patient_id", "p9"), cell("devices", "d-taken;d-old")]),
            vec!["devices d-old was revoked", "devices d-taken belongs to patient p1"],
        ),
    ] {
        match register_patient(&house.store, noon(), "api", catalog(), &row).await {
            Err(EnrolError::Faults(faults)) => {
                let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
                assert_eq!(faults.len(), expected.len(), "{faults:?}");
                assert!(faults.iter().zip(&expected).all(|(f, e)| f.contains(e)), "{faults:?}");
            }
            other => panic!("{row:?} gave {other:?}"),
        }
        assert_eq!(house.counts().await, before, "{row:?}");
    }
}

#[tokio::test]
async fn a_device_is_never_moved_or_raised_from_the_dead() {
    let house = house().await;
    house.import("patient_id\np2\n").await.unwrap();
    let before = house.counts().await;
    for (device, patient, expected) in [
        ("d-taken", Some("p2"), "device d-taken belongs to patient p1; revoke it"),
        ("d-old", Some("p1"), "device d-old was revoked"),
        ("d-old", None, "device d-old was revoked"),
        ("d-new", Some("p404"), "there is no patient p404"),
    ] {
        let patient = patient.map(PatientId::trusted);
        let refused =
            register_device(&house.store, noon(), "sister", DeviceId::trusted(device), patient).await;
        let why = refused.unwrap_err().to_string();
        assert!(why.contains(expected), "{why}");
    }
    let unknown = revoke_device(&house.store, noon(), "sister", &DeviceId::trusted("d-none")).await;
    assert!(unknown.unwrap_err().to_string().starts_with("there is no device d-none"));
    assert_eq!(house.counts().await, before);
}
