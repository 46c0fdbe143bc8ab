//! A strict reader of CSV as spreadsheets write it (RFC 4180, and `;` or tabs for commas).
//!
//! Written here because a lenient reader is dangerous with patients: a quotation mark that is never closed makes
//! it swallow the rows below without a word. Here that is a fault with its line. Lines are counted as an editor
//! counts them, line breaks inside quoted cells included. Nothing is decoded: cells are bytes.

const BOM: &[u8] = b"\xef\xbb\xbf";
const DELIMITERS: [u8; 3] = *b",;\t";

/// One row of a sheet. `line` is where it begins, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub line: usize,
    pub cells: Result<Vec<Vec<u8>>, &'static str>,
}

/// The rows of a sheet, its header first. Rows with nothing in them are left out.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    rest: &'a [u8],
    line: usize,
    delimiter: u8,
}

impl<'a> Records<'a> {
    /// Takes a whole file. The first line, the header, says which delimiter is used.
    pub fn new(file: &'a [u8]) -> Self {
        let rest = file.strip_prefix(BOM).unwrap_or(file);
        let header = rest.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
        let count = |delimiter: u8| header.iter().filter(|byte| **byte == delimiter).count();
        // `max_by_key` keeps the last of equals, so the comma wins when there is no delimiter at all.
        let delimiter = DELIMITERS.into_iter().rev().max_by_key(|d| count(*d)).unwrap_or(b',');
        Self { rest, line: 1, delimiter }
    }

    fn record(&mut self) -> Record {
        let line = self.line;
        let mut cells = Vec::new();
        loop {
            let cell = match self.rest.first() {
                Some(b'"') => self.quoted(),
                _ => Ok(self.bare()),
            };
            match cell {
                Ok(cell) => cells.push(cell),
                Err(why) => return Record { line, cells: Err(why) },
            }
            if self.rest.first() == Some(&self.delimiter) {
                self.rest = &self.rest[1..];
            } else {
                self.line_break();
                return Record { line, cells: Ok(cells) };
            }
        }
    }

    fn bare(&mut self) -> Vec<u8> {
        let ends = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        let (cell, rest) = self.rest.split_at(self.rest.iter().position(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        cell.to_vec()
    }

    /// The cell that begins with a quotation mark. A doubled mark inside is one; a line break of any kind is `\n`.
    fn quoted(&mut self) -> Result<Vec<u8>, &'static str> {
        self.rest = &self.rest[1..];
        let mut cell = Vec::new();
        loop {
            match *self.rest {
                [] => return Err("opens a quotation mark that is never closed"),
                [b'"', b'"', ..] => {
                    cell.push(b'"');
                    self.rest = &self.rest[2..];
                }
                [b'"', ref rest @ ..] => {
                    self.rest = rest;
                    break;
                }
                [b'\n' | b'\r', ..] => {
                    cell.push(b'\n');
                    self.line_break();
                }
                [byte, ref rest @ ..] => {
                    cell.push(byte);
                    self.rest = rest;
                }
            }
        }
        match self.rest.first() {
            None | Some(b'\n' | b'\r') => Ok(cell),
            Some(byte) if *byte == self.delimiter => Ok(cell),
            Some(_) => {
                // Take up again at the next line: what lies between cannot be told apart.
                while !matches!(self.rest.first(), None | Some(b'\n' | b'\r')) {
                    self.rest = &self.rest[1..];
                }
                self.line_break();
                Err("has text after a closing quotation mark; write a quotation mark inside a cell twice")
            }
        }
    }

    /// Steps over one line break, if the cursor stands at one: `\n`, `\r\n` or `\r`.
    fn line_break(&mut self) {
        let length = match self.rest {
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r', ..] => 1,
            _ => return,
        };
        self.rest = &self.rest[length..];
        self.line += 1;
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        while !self.rest.is_empty() {
            let record = self.record();
            let blank = |cells: &Vec<Vec<u8>>| cells.iter().all(|cell| cell.trim_ascii().is_empty());
            if !record.cells.as_ref().is_ok_and(blank) {
                return Some(record);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> Vec<(usize, Result<Vec<String>, &'static str>)> {
        let text = |cells: Vec<Vec<u8>>| cells.into_iter().map(|c| String::from_utf8(c).unwrap()).collect();
        Records::new(file.as_bytes()).map(|record| (record.line, record.cells.map(text))).collect()
    }

    fn row(line: usize, cells: &[&str]) -> (usize, Result<Vec<String>, &'static str>) {
        (line, Ok(cells.iter().map(|c| (*c).to_owned()).collect()))
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        for end in ["\n", "\r\n", "\r"] {
            let file = format!("a,b{end}{end}1,\"x{end}y\"{end},{end}2,\"say \"\"hi\"\"\"{end}3,");
            assert_eq!(
                read(&file),
                [
                    row(1, &["a", "b"]),
                    row(3, &["1", "x\ny"]),
                    row(6, &["2", "say \"hi\""]),
                    row(7, &["3", ""])
                ],
                "{end:?}"
            );
        }
    }

    #[test]
    fn the_header_tells_the_delimiter() {
        assert_eq!(read("\u{feff}a;b;c,d\n1;2"), [row(1, &["a", "b", "c,d"]), row(2, &["1", "2"])]);
        assert_eq!(read("a\tb\n1\t2"), [row(1, &["a", "b"]), row(2, &["1", "2"])]);
        assert_eq!(read("a\nx;y"), [row(1, &["a"]), row(2, &["x;y"])]);
    }

    #[test]
    fn broken_quotation_is_a_fault_where_the_row_begins() {
        let faults = read("a,b\n1,\"x\"y\n2,z\n3,\"open\n4,w\n");
        assert_eq!(faults[2], row(3, &["2", "z"]));
        assert!(matches!(&faults[1], (2, Err(why)) if why.contains("after a closing")), "{faults:?}");
        assert!(matches!(&faults[3], (4, Err(why)) if why.contains("never closed")), "{faults:?}");
        assert_eq!(faults.len(), 4);
    }
}
