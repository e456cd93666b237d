//! Requests, valid and almost so: a grammar whose every part can come out odd.
//!
//! Case `n` is the same in every run. Most parts of a case are ordinary, so that one oddity at a
//! time is judged; some cases have several.

/// Numbers from a seed (xorshift).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        (0..4).for_each(|_| {
            random.next();
        });
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `n`.
    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 16) as usize % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    /// Usually from the first list, else from the second.
    fn odd<'a>(&mut self, usual: &[&'a str], odd: &[&'a str]) -> &'a str {
        if self.one_in(8) {
            self.pick(odd)
        } else {
            self.pick(usual)
        }
    }
}

const METHODS: &[&str] = &["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PURGE"];
const ODD_METHODS: &[&str] = &[
    "get", "", "G(T", "G=T", "GET\t", " GET", "CONNECT", "PRI", "\u{1}", "!", "TRACE", "M-SEARCH",
];
const SPACES: &[&str] = &[" "];
const ODD_SPACES: &[&str] = &["", "  ", "\t", " \t", "\r", "\u{b}"];
const TARGETS: &[&str] = &[
    "/",
    "/a",
    "/a/b?c=d",
    "/%41?%",
    "/a//b",
    "/?a?b",
    "/;a=b",
    "/~a!$&'()*+,",
];
const ODD_TARGETS: &[&str] = &[
    "*",
    "http://a/",
    "http://a",
    "HTTP://A/x",
    "https://a/x?y",
    "http://b/",
    "http://a:80/",
    "a:80",
    "a",
    "/a#b",
    "/%00",
    "/%0d%0A",
    "/a\u{1}",
    "/a\u{7f}",
    "/a\"b",
    "/a<b>",
    "/a{b}",
    "/a\\b",
    "/a^b`|",
    "?a",
    "",
    "/a b",
    "//",
    "http://",
    "http:///a",
    "http://a@b/",
    "ftp://a/",
    "http://[::1]/",
    "/../a",
    "/[a]",
    "/%zz",
    "http://a:/",
    "http://a:x/",
    "%41",
    "a.b/c",
];
const VERSIONS: &[&str] = &["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"];
const ODD_VERSIONS: &[&str] = &[
    "HTTP/1.2",
    "HTTP/2.0",
    "HTTP/0.9",
    "http/1.1",
    "HTTP/1.1 ",
    "HTTP/1.",
    "",
    "HTTP/01.1",
    "HTTP/1.1a",
    "HTTP /1.1",
    "HTTP/11",
    "XTTP/1.1",
];
const ENDS: &[&str] = &["\r\n"];
const ODD_ENDS: &[&str] = &["\n", "\r", "\r\r\n", " \r\n", "\n\r", "\0\r\n"];
const BEFORE: &[&str] = &[""];
const ODD_BEFORE: &[&str] = &[
    "\r\n",
    "\n",
    "\r\n\r\n",
    "\r\n\r\n\r\n",
    " ",
    "\t",
    "\r",
    "\u{16}\u{3}\u{1}",
    "\0",
    "\n\n\n\n",
];
const HOSTS: &[&str] = &["Host: a", "Host: a", "Host: a", "host: a", "HOST:a"];
const ODD_HOSTS: &[&str] = &[
    "",
    "Host: a\r\nHost: a",
    "Host: a\r\nHost: b",
    "Host:",
    "Host: a:80",
    "Host: b",
    "Host: a b",
    "Host: a/",
    "Host: [::1]",
    "Host: a@b",
    "Host : a",
    " Host: a",
    "Host: a,b",
    "Host: \u{1}",
];
const FIELDS: &[&str] = &[
    "Accept: */*",
    "X: y",
    "x:",
    "X-A:  y  ",
    "User-Agent: \"q\" (c; d)",
    "Cookie: a=b; c=d",
    "Content-Type: text/plain",
    "X: a\tb",
    "Connection: keep-alive",
    "Connection: close",
];
const ODD_FIELDS: &[&str] = &[
    "X[]: y",
    "X : y",
    " X: y",
    "X\t: y",
    ": y",
    "X",
    "X y: z",
    "X: y\r\n z",
    "X: y\r\n\tz",
    "X: \u{1}",
    "X: \u{7f}",
    "X: a\0b",
    "X: \u{e9}",
    "\u{e9}: x",
    "X: a\rb",
    "X: a\nb",
    "X@: y",
    "X(: y",
    "X\0: y",
    "Connection: closed",
    "Connection: close, x",
    "Upgrade: h2c",
    "Expect: 100-continue",
    "Expect: x",
    "TE: trailers",
    "Keep-Alive: 5",
    "X:y:z",
    "X: ,",
    "Transfer-Encoding",
    "\"X\": y",
];
const NO_BODY: &[&str] = &["", "", "", "Content-Length: 0"];
const LENGTHS: &[&str] = &[
    "Content-Length: 5",
    "content-length:5",
    "Content-Length:  5 ",
];
const ODD_LENGTHS: &[&str] = &[
    "Content-Length: 05",
    "Content-Length: +5",
    "Content-Length: -5",
    "Content-Length: 5, 5",
    "Content-Length: 5\r\nContent-Length: 5",
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length:",
    "Content-Length: 0x5",
    "Content-Length: 5 5",
    "Content-Length: 99999999999999999999",
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Content-Length: 5a",
    "Content-Length: 5.0",
    "Content-Length: 00",
    "Content-Length : 5",
    "Content-Length: 40000000",
    "Content_Length: 5",
    "Content-Length: \u{b2}",
    "Content-Length: 18446744073709551615",
];
const CHUNKED: &[&str] = &["Transfer-Encoding: chunked", "transfer-encoding:chunked"];
const ODD_CHUNKED: &[&str] = &[
    "Transfer-Encoding: Chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, gzip",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: gzip",
    "Transfer-Encoding:",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: chunked;q=1",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: \"chunked\"",
    "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Transfer-Encoding: ,chunked",
    "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding: chunked,",
    "Transfer-Encoding: \u{b}chunked",
];
const SIZES: &[&str] = &["5", "5", "5", "05", "0005"];
const ODD_SIZES: &[&str] = &[
    "",
    "x",
    "+5",
    "-5",
    "0x5",
    "5 ",
    " 5",
    "5\t",
    "4",
    "6",
    "FFFFFFFFFFFFFFFF",
    "10000000000000005",
    "00000000000000005",
    "5g",
    "5_",
];
const EXTENSIONS: &[&str] = &["", "", "", ";a=b", ";a", ";a=\"b;c\""];
const ODD_EXTENSIONS: &[&str] = &[
    ";",
    ";;",
    " ;a",
    ";a=",
    ";a=b c",
    ";=b",
    ";a=\"b",
    ";a\nb",
    ";a\rb",
    ";\u{1}",
    ";a=\u{e9}",
    " a",
    "; a = b",
    ";a\0",
    ";a=\"\\\"\"",
];
const TRAILERS: &[&str] = &["", "", "", "T: u\r\n", "T: u\r\nV: w\r\n"];
const ODD_TRAILERS: &[&str] = &[
    "T : u\r\n",
    "T\r\n",
    " T: u\r\n",
    "T: u\n",
    "T: \u{1}\r\n",
    "Content-Length: 5\r\n",
    "Host: a\r\n",
    "Transfer-Encoding: chunked\r\n",
    ": u\r\n",
    "T: a\rb\r\n",
    "T(: u\r\n",
];

/// Case number `seed`.
pub(crate) fn case(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut text = String::new();
    request(&mut random, &mut text);
    if random.one_in(4) {
        text.push_str("GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    let mut bytes = latin1(&text);
    if random.one_in(6) {
        bytes.truncate(random.below(bytes.len() + 1));
    }
    if random.one_in(20) && !bytes.is_empty() {
        let at = random.below(bytes.len());
        bytes[at] = random.next() as u8;
    }
    bytes
}

/// One character is one byte.
fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).expect("Latin-1"))
        .collect()
}

fn request(random: &mut Random, text: &mut String) {
    text.push_str(random.odd(BEFORE, ODD_BEFORE));
    text.push_str(random.odd(METHODS, ODD_METHODS));
    text.push_str(random.odd(SPACES, ODD_SPACES));
    text.push_str(random.odd(TARGETS, ODD_TARGETS));
    if random.one_in(100) {
        text.push_str(&"a".repeat([8_000, 8_172, 8_192, 70_000][random.below(4)]));
    }
    text.push_str(random.odd(SPACES, ODD_SPACES));
    text.push_str(random.odd(VERSIONS, ODD_VERSIONS));
    text.push_str(random.odd(ENDS, ODD_ENDS));
    line(random, text, HOSTS, ODD_HOSTS);
    for _ in 0..random.below(4) {
        line(random, text, FIELDS, ODD_FIELDS);
    }
    if random.one_in(100) {
        let count = [99, 100, 101, 200][random.below(4)];
        (0..count).for_each(|n| text.push_str(&format!("F{n}: x\r\n")));
    }
    if random.one_in(150) {
        text.push_str(&format!(
            "Long: {}\r\n",
            "v".repeat([32_000, 33_000, 66_000][random.below(3)])
        ));
    }
    match random.below(3) {
        0 => {
            line(random, text, NO_BODY, NO_BODY);
            text.push_str(random.odd(ENDS, ODD_ENDS));
        }
        1 => {
            line(random, text, LENGTHS, ODD_LENGTHS);
            text.push_str(random.odd(ENDS, ODD_ENDS));
            text.push_str(random.odd(&["hello"], &["", "hell", "hello!", "\r\n\r\n\r"]));
        }
        _ => {
            line(random, text, CHUNKED, ODD_CHUNKED);
            text.push_str(random.odd(ENDS, ODD_ENDS));
            chunks(random, text);
        }
    }
}

/// A field line, with its end; nothing for the empty text.
fn line(random: &mut Random, text: &mut String, usual: &[&str], odd: &[&str]) {
    let field = random.odd(usual, odd);
    if !field.is_empty() {
        text.push_str(field);
        let end = if random.one_in(4) {
            random.odd(ENDS, ODD_ENDS)
        } else {
            "\r\n"
        };
        text.push_str(end);
    }
}

fn chunks(random: &mut Random, text: &mut String) {
    for _ in 0..random.below(3) {
        text.push_str(random.odd(SIZES, ODD_SIZES));
        text.push_str(random.odd(EXTENSIONS, ODD_EXTENSIONS));
        let end = if random.one_in(4) {
            random.odd(ENDS, ODD_ENDS)
        } else {
            "\r\n"
        };
        text.push_str(end);
        text.push_str("hello");
        let end = if random.one_in(4) {
            random.odd(ENDS, ODD_ENDS)
        } else {
            "\r\n"
        };
        text.push_str(end);
    }
    text.push_str(random.odd(
        &["0", "0", "000"],
        &["", "0;a", "0 ", "-0", "00000000000000000"],
    ));
    text.push_str("\r\n");
    text.push_str(random.odd(TRAILERS, ODD_TRAILERS));
    text.push_str(random.odd(ENDS, ODD_ENDS));
}
