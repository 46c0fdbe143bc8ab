//! Reads a Rust source just well enough to list the paths that it names: comments, strings and lifetimes are skipped,
//! `use` trees are spelled out, `self` and `super` are resolved, and test code is marked.

use std::path::Path;

/// One file of `src/`.
#[derive(Debug)]
pub struct Source {
    /// As compilers print it: `src/store/mod.rs`.
    pub path: String,
    /// The room that the file belongs to: `store`, `clock`, `main`; empty for `lib.rs`.
    pub room: String,
    pub named: Vec<Named>,
    /// Lines outside test code.
    pub lines: usize,
}

/// A path as written at one place, `crate`, `self` and `super` resolved: `crate::store::Tx`, `std::fs::read`, `x`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub segments: Vec<String>,
    /// Stands in a `use` or `extern crate`, so even one word is a path and not a variable.
    pub imported: bool,
    pub in_test: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Separator,
    Mark(char),
}

impl Source {
    /// `path` is relative to the project, with forward slashes.
    pub fn read(path: &str, text: &str) -> Self {
        let module = module_of(path);
        let whole_file_is_test = Path::new(path).iter().any(|part| part == "tests" || part == "tests.rs");
        let mut walk = Walk {
            tokens: tokenise(text),
            at: 0,
            module: module.clone(),
            whole_file_is_test,
            opened: Vec::new(),
            test_lines: 0,
            named: Vec::new(),
        };
        walk.run();
        Self {
            path: path.to_owned(),
            room: module.into_iter().next().unwrap_or_default(),
            named: walk.named,
            lines: if whole_file_is_test { 0 } else { text.lines().count() - walk.test_lines },
        }
    }
}

/// `src/a/b.rs` and `src/a/b/mod.rs` are `a::b`; `src/lib.rs` is the root.
fn module_of(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    if inner == "lib" { Vec::new() } else { inner.split('/').map(str::to_owned).collect() }
}

/// What a bracket opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opened {
    Other,
    Module,
    /// An item under `#[cfg(test)]`, which began at this line.
    Test(usize),
    TestModule(usize),
}

struct Walk {
    tokens: Vec<(usize, Token)>,
    at: usize,
    module: Vec<String>,
    whole_file_is_test: bool,
    opened: Vec<Opened>,
    test_lines: usize,
    named: Vec<Named>,
}

impl Walk {
    fn run(&mut self) {
        // The line of a `#[cfg(test)]` whose item has not begun its body, and how deep it stands.
        let mut pending: Option<(usize, usize)> = None;
        while let Some((line, token)) = self.tokens.get(self.at).cloned() {
            let here = pending.filter(|(_, depth)| *depth == self.opened.len()).map(|(line, _)| line);
            match token {
                Token::Mark('#') if self.is_cfg_test() => {
                    pending = pending.or(Some((line, self.opened.len())));
                    self.at += CFG_TEST.len();
                }
                Token::Mark('{') => {
                    let module = self.word(-2).as_deref() == Some("mod");
                    if module {
                        self.module.extend(self.word(-1));
                    }
                    self.opened.push(match (here, module) {
                        (Some(line), true) => Opened::TestModule(line),
                        (Some(line), false) => Opened::Test(line),
                        (None, true) => Opened::Module,
                        (None, false) => Opened::Other,
                    });
                    if here.is_some() {
                        pending = None;
                    }
                    self.at += 1;
                }
                Token::Mark('(' | '[') => {
                    self.opened.push(Opened::Other);
                    self.at += 1;
                }
                Token::Mark('}' | ')' | ']') => {
                    let closed = self.opened.pop();
                    if matches!(closed, Some(Opened::Module | Opened::TestModule(_))) {
                        self.module.pop();
                    }
                    if let Some(Opened::Test(from) | Opened::TestModule(from)) = closed {
                        self.test_lines += line + 1 - from;
                    }
                    self.at += 1;
                }
                Token::Mark(';') => {
                    if let Some(from) = here {
                        self.test_lines += line + 1 - from;
                        pending = None;
                    }
                    self.at += 1;
                }
                Token::Word(_) => {
                    let imported = matches!(self.word(-1).as_deref(), Some("use" | "crate"));
                    let in_test = self.whole_file_is_test
                        || pending.is_some()
                        || self.opened.iter().any(|o| matches!(o, Opened::Test(_) | Opened::TestModule(_)));
                    self.path(&[], imported, in_test);
                }
                _ => self.at += 1,
            }
        }
    }

    /// Takes one path, or one branch of a `use` tree, and everything that grows from it.
    fn path(&mut self, trunk: &[String], imported: bool, in_test: bool) {
        let mut segments = trunk.to_vec();
        let mut line = 0;
        while let Some((at, token)) = self.tokens.get(self.at).cloned() {
            line = line.max(at);
            match token {
                Token::Word(word) => segments.push(word),
                Token::Mark('*') => segments.push("*".to_owned()),
                Token::Mark('{') => return self.group(&segments, in_test),
                _ => break,
            }
            self.at += 1;
            match self.tokens.get(self.at) {
                Some((_, Token::Separator)) => self.at += 1,
                _ => break,
            }
        }
        let segments = self.resolve(segments);
        self.named.push(Named { line, segments, imported, in_test });
    }

    /// `{a, b::c as d, e::{f, *}}` behind a trunk.
    fn group(&mut self, trunk: &[String], in_test: bool) {
        self.at += 1;
        while let Some((_, token)) = self.tokens.get(self.at) {
            match token {
                Token::Mark('}') => {
                    self.at += 1;
                    return;
                }
                Token::Word(word) if word == "as" => self.at += 2,
                Token::Word(_) | Token::Mark('*') => self.path(trunk, true, in_test),
                _ => self.at += 1,
            }
        }
    }

    /// Turns `self::x`, `super::x` and `lamplight::x` into `crate::…`.
    fn resolve(&self, mut segments: Vec<String>) -> Vec<String> {
        let mut from = match segments[0].as_str() {
            "lamplight" => {
                segments[0] = "crate".to_owned();
                return segments;
            }
            "self" | "super" if segments.len() > 1 => self.module.clone(),
            _ => return segments,
        };
        let ups = segments.iter().take_while(|s| *s == "super" || *s == "self").count();
        from.truncate(from.len() - segments[..ups].iter().filter(|s| *s == "super").count().min(from.len()));
        std::iter::once("crate".to_owned()).chain(from).chain(segments.split_off(ups)).collect()
    }

    fn word(&self, offset: isize) -> Option<String> {
        match self.tokens.get(self.at.checked_add_signed(offset)?)? {
            (_, Token::Word(word)) => Some(word.clone()),
            _ => None,
        }
    }

    fn is_cfg_test(&self) -> bool {
        CFG_TEST.iter().enumerate().all(|(i, wanted)| match self.tokens.get(self.at + i) {
            Some((_, Token::Word(word))) => word == wanted,
            Some((_, Token::Mark(mark))) => wanted.len() == 1 && wanted.starts_with(*mark),
            _ => false,
        })
    }
}

const CFG_TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

/// Words, `::` and single marks, each with its line; numbers, strings, characters, lifetimes and comments are dropped.
fn tokenise(text: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let rest = &chars[at..];
        let length = match rest {
            ['/', '/', ..] => rest.iter().take_while(|c| **c != '\n').count(),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => string(rest),
            ['\'', '\\', ..] => 3 + rest[3..].iter().take_while(|c| **c != '\'').count() + 1,
            ['\'', _, '\'', ..] => 3,
            ['\'', ..] => 1 + word(&rest[1..]),
            [':', ':', ..] => {
                tokens.push((line, Token::Separator));
                2
            }
            ['r', '#', c, ..] if c.is_alphabetic() => 2,
            [c, ..] if c.is_ascii_digit() => word(rest),
            [c, ..] if c.is_alphabetic() || *c == '_' => {
                let length = word(rest);
                let found: String = rest[..length].iter().collect();
                match (found.as_str(), rest.get(length)) {
                    ("b" | "c", Some('"')) => length + string(&rest[length..]),
                    ("r" | "br" | "cr", Some('"' | '#')) => length + raw_string(&rest[length..]),
                    ("b", Some('\'')) => length,
                    _ => {
                        tokens.push((line, Token::Word(found)));
                        length
                    }
                }
            }
            [c, ..] => {
                if !c.is_whitespace() {
                    tokens.push((line, Token::Mark(*c)));
                }
                1
            }
            [] => break,
        };
        let length = length.min(rest.len());
        line += rest[..length].iter().filter(|c| **c == '\n').count();
        at += length;
    }
    tokens
}

fn word(rest: &[char]) -> usize {
    rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').count()
}

fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_string(rest: &[char]) -> usize {
    let hashes = rest.iter().take_while(|c| **c == '#').count();
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body = hashes + 1;
    let found = rest.get(body..).and_then(|inner| inner.windows(end.len()).position(|w| w == end));
    found.map_or(rest.len(), |length| body + length + end.len())
}

/// They nest.
fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        match rest.get(at..at + 2) {
            Some(['/', '*']) => (depth, at) = (depth + 1, at + 2),
            Some(['*', '/']) => (depth, at) = (depth - 1, at + 2),
            Some(_) => at += 1,
            None => return rest.len(),
        }
        if depth == 0 {
            return at;
        }
    }
}
