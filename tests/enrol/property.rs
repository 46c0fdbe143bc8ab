//! Whatever stands in a list, reading it ends in patients or in faults.

use jiff::civil::date;
use lamplight::domain::enrolment::{COLUMNS, NewPatient, Row};
use lamplight::engine::sheet::Records;
use proptest::prelude::*;

use super::house::catalog;

fn quoted(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    cells.join(",")
}

proptest! {
    #[test]
    fn what_was_quoted_is_read_back(
        rows in prop::collection::vec(prop::collection::vec("[a-z,;\"\n\u{e9} ]{0,8}x", 3), 1..8),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        let file = rows.iter().map(|cells| quoted(cells) + end).collect::<String>();
        // A header without delimiters inside its cells, so that the comma is told.
        let file = format!("a,b,c{end}{file}");
        let read: Vec<Vec<String>> = Records::new(file.as_bytes())
            .skip(1)
            .map(|record| record.cells.unwrap().into_iter().map(|c| String::from_utf8(c).unwrap()).collect())
            .collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn any_bytes_are_read_to_their_end_with_lines_in_order(
        file in prop::collection::vec(prop::sample::select(b"a\",;\t\r\n\xff ".to_vec()), 0..200),
    ) {
        let most = file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
        let lines: Vec<_> = Records::new(&file).map(|record| record.line).collect();
        prop_assert!(lines.windows(2).all(|pair| pair[0] < pair[1]), "{lines:?}");
        prop_assert!(lines.iter().all(|line| (1..=most).contains(line)), "{lines:?}");
    }

    #[test]
    fn any_cell_is_taken_or_named(column in prop::sample::select(COLUMNS.to_vec()), cell in "\\PC{0,40}|[-+0-9() ;.=]{0,24}") {
        let mut row = Row::from([("patient_id".to_owned(), "p1".to_owned())]);
        row.insert(column.to_owned(), cell);
        if let Err(faults) = NewPatient::parse(&row, catalog(), date(2026, 11, 22)) {
            prop_assert!(!faults.is_empty());
            prop_assert!(faults.iter().all(|fault| fault.column.as_deref() == Some(column)), "{faults:?}");
        }
    }
}
