//! The route table: grammar of patterns, precedence, backtracking, methods, errors.

use lanner_proto::router::RouteErrorKind;
use lanner_proto::{Found, Method, RouteSpec, RouteTable};

fn specs<'a>(routes: &[(&'a str, &'a str)]) -> Vec<RouteSpec<'a>> {
    routes
        .iter()
        .map(|&(method, pattern)| RouteSpec { method, pattern })
        .collect()
}

fn table(routes: &[(&str, &str)]) -> RouteTable {
    RouteTable::build(&specs(routes)).expect("the routes are valid")
}

/// Looks up and writes down: the number of the route and its parameters, or what else came of it.
fn find(table: &RouteTable, method: &str, path: &str) -> String {
    let mut params = vec![None; 3];
    let id = Method::from_bytes(method.as_bytes());
    match table.find(id, method.as_bytes(), path.as_bytes(), &mut params) {
        Found::Route(route) => {
            assert_eq!(params.len(), table.param_count(route));
            let mut text = route.to_string();
            for param in params {
                text.push(' ');
                match param {
                    Some(span) => text.push_str(&String::from_utf8_lossy(span.of(path.as_bytes()))),
                    None => text.push('-'),
                }
            }
            text
        }
        Found::NotFound => "404".to_owned(),
        Found::MethodNotAllowed { allow } => format!("405 {}", String::from_utf8_lossy(allow)),
        Found::Options { allow } => format!("204 {}", String::from_utf8_lossy(allow)),
    }
}

fn check(routes: &[(&str, &str)], rows: &[(&str, &str, &str)]) {
    let table = table(routes);
    for (method, path, expected) in rows {
        assert_eq!(find(&table, method, path), *expected, "{method} {path}");
    }
}

#[test]
fn static_paths() {
    check(
        &[
            ("GET", "/"),
            ("GET", "/a"),
            ("GET", "/a/"),
            ("GET", "/a/b"),
            ("GET", "//"),
            ("GET", "/é/ü"),
        ],
        &[
            ("GET", "/", "0"),
            ("GET", "/a", "1"),
            ("GET", "/a/", "2"),
            ("GET", "/a/b", "3"),
            ("GET", "//", "4"),
            ("GET", "/é/ü", "5"),
            ("GET", "/A", "404"),
            ("GET", "/b", "404"),
            ("GET", "/a/b/", "404"),
            ("GET", "/a/b/c", "404"),
            ("GET", "/ab", "404"),
            ("GET", "///", "404"),
            ("GET", "", "404"),
            ("GET", "*", "404"),
            ("GET", "a", "404"),
        ],
    );
}

#[test]
fn parameters_match_one_segment_that_is_not_empty() {
    check(
        &[
            ("GET", "/:a"),
            ("GET", "/x/:id"),
            ("GET", "/x/:id/y"),
            ("GET", "/:a/:b/:c/:d"),
        ],
        &[
            ("GET", "/1", "0 1"),
            ("GET", "/", "404"),
            ("GET", "/x/7", "1 7"),
            ("GET", "/x/", "404"),
            ("GET", "/x//y", "404"),
            ("GET", "/x/7/y", "2 7"),
            ("GET", "/x/7/z", "404"),
            ("GET", "/x/7/", "404"),
            ("GET", "/x/a%2Fb", "1 a%2Fb"),
            ("GET", "/x/a b.c:d*", "1 a b.c:d*"),
            ("GET", "/1/2/3/4", "3 1 2 3 4"),
            ("GET", "/x/2/y/4", "3 x 2 y 4"),
            ("GET", "/1/2/3", "404"),
            ("GET", "/:a", "0 :a"),
        ],
    );
}

#[test]
fn optional_parameters_may_be_absent() {
    check(
        &[
            ("GET", "/users/:id?"),
            ("GET", "/a/:x/b/:y?"),
            ("GET", "/:root?"),
        ],
        &[
            ("GET", "/users", "0 -"),
            ("GET", "/users/7", "0 7"),
            ("GET", "/users/", "404"),
            ("GET", "/users/7/8", "404"),
            ("GET", "/a/1/b", "1 1 -"),
            ("GET", "/a/1/b/2", "1 1 2"),
            ("GET", "/a/1", "404"),
            ("GET", "/", "2 -"),
            ("GET", "/r", "2 r"),
        ],
    );
}

#[test]
fn wildcards_match_the_rest() {
    check(
        &[
            ("GET", "/files/*path"),
            ("GET", "/u/:id/*rest"),
            ("GET", "/files/special"),
        ],
        &[
            ("GET", "/files/", "0 "),
            ("GET", "/files/a", "0 a"),
            ("GET", "/files/a/b//c/", "0 a/b//c/"),
            ("GET", "/files/special", "2"),
            ("GET", "/files/special/", "0 special/"),
            ("GET", "/files", "404"),
            ("GET", "/file", "404"),
            ("GET", "/u/1/", "1 1 "),
            ("GET", "/u/1/x/y", "1 1 x/y"),
            ("GET", "/u/1", "404"),
            ("GET", "/u//x", "404"),
        ],
    );
    check(
        &[("GET", "/*all")],
        &[
            ("GET", "/", "0 "),
            ("GET", "/a/b", "0 a/b"),
            ("GET", "//", "0 /"),
        ],
    );
}

#[test]
fn the_more_specific_segment_wins_from_left_to_right() {
    let routes = [
        ("GET", "/*rest"),
        ("GET", "/:a"),
        ("GET", "/static"),
        ("GET", "/:a/static"),
        ("GET", "/static/:b"),
        ("GET", "/static/*b"),
        ("GET", "/static/x"),
    ];
    let rows = [
        ("GET", "/static", "2"),
        ("GET", "/other", "1 other"),
        ("GET", "/static/x", "6"),
        ("GET", "/static/static", "4 static"),
        ("GET", "/static/y", "4 y"),
        ("GET", "/static/", "5 "),
        ("GET", "/static/y/z", "5 y/z"),
        ("GET", "/other/static", "3 other"),
        ("GET", "/other/x", "0 other/x"),
        ("GET", "/", "0 "),
    ];
    check(&routes, &rows);
    // Whatever the order of the declaration.
    let mut reversed = routes;
    reversed.reverse();
    let table = table(&reversed);
    for (method, path, expected) in rows {
        let found = find(&table, method, path);
        let (route, params) = found.split_once(' ').unwrap_or((&found, ""));
        let route = routes.len() - 1 - route.parse::<usize>().expect("found");
        assert_eq!(
            format!("{route} {params}").trim_end(),
            expected.trim_end(),
            "{path}"
        );
    }
}

#[test]
fn lookups_go_back_to_the_next_best_branch() {
    check(
        &[
            ("GET", "/a/b/c"),
            ("GET", "/a/:x/d"),
            ("GET", "/:y/b/e"),
            ("GET", "/:y/:x/:z"),
            ("GET", "/a/*rest"),
        ],
        &[
            ("GET", "/a/b/c", "0"),
            ("GET", "/a/b/d", "1 b"),
            // The wildcard stands below the static `a`, which comes before `:y`.
            ("GET", "/a/b/e", "4 b/e"),
            ("GET", "/q/b/e", "2 q"),
            ("GET", "/q/b/f", "3 q b f"),
            ("GET", "/a/q/f", "4 q/f"),
            ("GET", "/a/q/d", "1 q"),
            ("GET", "/q/b", "404"),
        ],
    );
    check(
        &[
            ("GET", "/users/me"),
            ("GET", "/users/:id/posts"),
            ("GET", "/:any/me/posts"),
        ],
        &[
            ("GET", "/users/me", "0"),
            ("GET", "/users/me/posts", "1 me"),
            ("GET", "/others/me/posts", "2 others"),
        ],
    );
}

#[test]
fn a_branch_without_the_method_is_no_match() {
    check(
        &[
            ("GET", "/users/me"),
            ("POST", "/users/:id"),
            ("DELETE", "/*rest"),
        ],
        &[
            ("GET", "/users/me", "0"),
            ("POST", "/users/me", "1 me"),
            ("DELETE", "/users/me", "2 users/me"),
            ("PUT", "/users/me", "405 GET, HEAD, POST, DELETE, OPTIONS"),
            ("PUT", "/users/7", "405 POST, DELETE, OPTIONS"),
            ("PUT", "/x", "405 DELETE, OPTIONS"),
            ("OPTIONS", "/users/7", "204 POST, DELETE, OPTIONS"),
        ],
    );
}

#[test]
fn methods() {
    check(
        &[
            ("GET", "/a"),
            ("POST", "/a"),
            ("HEAD", "/h"),
            ("GET", "/h"),
            ("OPTIONS", "/o"),
            ("GET", "/o"),
            ("*", "/any"),
            ("GET", "/any"),
            ("PROPFIND", "/dav"),
            ("LOCK", "/dav"),
            ("get", "/lower"),
            ("PUT", "/put"),
            ("HEAD", "/head"),
        ],
        &[
            ("GET", "/a", "0"),
            ("HEAD", "/a", "0"),
            ("POST", "/a", "1"),
            ("PUT", "/a", "405 GET, HEAD, POST, OPTIONS"),
            ("OPTIONS", "/a", "204 GET, HEAD, POST, OPTIONS"),
            ("get", "/a", "405 GET, HEAD, POST, OPTIONS"),
            ("HEAD", "/h", "2"),
            ("GET", "/h", "3"),
            ("OPTIONS", "/o", "4"),
            ("PUT", "/o", "405 GET, HEAD, OPTIONS"),
            ("GET", "/any", "7"),
            ("HEAD", "/any", "7"),
            ("PUT", "/any", "6"),
            ("OPTIONS", "/any", "6"),
            ("BREW", "/any", "6"),
            ("PROPFIND", "/dav", "8"),
            ("LOCK", "/dav", "9"),
            ("UNLOCK", "/dav", "405 OPTIONS, PROPFIND, LOCK"),
            ("GET", "/dav", "405 OPTIONS, PROPFIND, LOCK"),
            ("get", "/lower", "10"),
            ("GET", "/lower", "405 OPTIONS, get"),
            ("HEAD", "/put", "405 PUT, OPTIONS"),
            ("GET", "/head", "405 HEAD, OPTIONS"),
            ("OPTIONS", "/nope", "404"),
            ("PUT", "/nope", "404"),
        ],
    );
}

#[test]
fn allow_of_the_whole_server() {
    let routes = [("GET", "/a"), ("PATCH", "/b"), ("LOCK", "/c")];
    assert_eq!(
        table(&routes).allow_all(),
        b"GET, HEAD, OPTIONS, PATCH, LOCK"
    );
    assert_eq!(table(&[]).allow_all(), b"OPTIONS");
    assert_eq!(find(&table(&[]), "GET", "/"), "404");
}

#[test]
fn fifty_routes() {
    let patterns: Vec<String> = (0..50)
        .map(|n| format!("/api/v{}/r{n}/:id/x/:other", n % 3))
        .collect();
    let routes: Vec<_> = patterns
        .iter()
        .map(|pattern| ("GET", pattern.as_str()))
        .collect();
    let table = table(&routes);
    for n in 0..50 {
        let path = format!("/api/v{}/r{n}/i{n}/x/o{n}", n % 3);
        assert_eq!(find(&table, "GET", &path), format!("{n} i{n} o{n}"));
    }
}

#[test]
fn long_paths_cost_no_more_than_the_table() {
    // Static and parameter branches at each of twenty levels, and a path that fails at the end of
    // each: were positions tried again and again, this would not come back.
    let mut patterns = Vec::new();
    for level in 1..=20 {
        patterns.push(format!("{}/end", "/a".repeat(level)));
        patterns.push(format!("{}/end", "/:p".repeat(level).replace(":p", ":p_")));
    }
    let patterns: Vec<String> = patterns
        .iter()
        .map(|pattern| {
            let mut count = 0;
            let named = pattern.split('/').map(|segment| match segment {
                ":p_" => {
                    count += 1;
                    format!(":p{count}")
                }
                other => other.to_owned(),
            });
            named.collect::<Vec<_>>().join("/")
        })
        .collect();
    let routes: Vec<_> = patterns
        .iter()
        .map(|pattern| ("GET", pattern.as_str()))
        .collect();
    let table = table(&routes);
    assert_eq!(find(&table, "GET", &"/a".repeat(4000)), "404");
    assert_eq!(find(&table, "GET", &"/".repeat(8000)), "404");
    assert_eq!(
        find(&table, "GET", &format!("{}/end", "/a".repeat(20))),
        "38"
    );
}

#[test]
fn patterns_that_break_the_grammar() {
    use RouteErrorKind as K;
    for (pattern, kind, column) in [
        ("", K::NoLeadingSlash, 0),
        ("a", K::NoLeadingSlash, 0),
        ("*", K::NoLeadingSlash, 0),
        (":a", K::NoLeadingSlash, 0),
        ("/:", K::EmptyParamName, 2),
        ("/:?", K::EmptyParamName, 2),
        ("/a/:/b", K::EmptyParamName, 4),
        ("/*", K::EmptyParamName, 2),
        ("/a/*", K::EmptyParamName, 4),
        ("/:1a", K::InvalidParamName, 2),
        ("/:a-b", K::InvalidParamName, 3),
        ("/:a.b", K::InvalidParamName, 3),
        ("/:a:b", K::InvalidParamName, 3),
        ("/:é", K::InvalidParamName, 2),
        ("/:a??", K::InvalidParamName, 3),
        ("/*a?", K::InvalidParamName, 3),
        ("/:a/:a", K::DuplicateParam, 5),
        ("/:a/*a", K::DuplicateParam, 5),
        ("/:a?/b", K::OptionalNotLast, 3),
        ("/x/:abc?/b", K::OptionalNotLast, 7),
        ("/:a?/", K::OptionalNotLast, 3),
        ("/*a/b", K::WildcardNotLast, 1),
        ("/x/*a/", K::WildcardNotLast, 3),
        ("/a:b", K::MixedSegment, 2),
        ("/é:b", K::MixedSegment, 2),
        ("/a*", K::MixedSegment, 2),
        ("/x/v:id", K::MixedSegment, 4),
        ("/a?", K::InvalidCharacter, 2),
        ("/a#b", K::InvalidCharacter, 2),
        ("/a\u{0}", K::InvalidCharacter, 2),
        ("/a\r\n", K::InvalidCharacter, 2),
        ("/a%20b", K::PercentEscape, 2),
        ("/%C3%A5", K::PercentEscape, 1),
        ("/a/./b", K::DotSegment, 3),
        ("/..", K::DotSegment, 1),
    ] {
        let error = RouteTable::build(&specs(&[("GET", "/ok"), ("GET", pattern)])).unwrap_err();
        assert_eq!((error.kind, error.column), (kind, column), "{pattern:?}");
        assert_eq!(error.pattern, pattern);
    }
    let deep = "/a".repeat(65);
    let error = RouteTable::build(&specs(&[("GET", &deep)])).unwrap_err();
    assert_eq!(error.kind, K::TooManySegments);
    assert!(RouteTable::build(&specs(&[("GET", &"/a".repeat(64))])).is_ok());
    for pattern in [
        "/a%2Fb", "/100%", "/a%zz", "/a.b", "/~a", "/(a)", "/:_a1", "/a b", "/...", "/:a/", "/@:",
    ] {
        let built = RouteTable::build(&specs(&[("GET", pattern)]));
        assert_eq!(built.is_ok(), pattern != "/@:", "{pattern}");
    }
}

#[test]
fn errors_point_at_the_place() {
    let error = RouteTable::build(&specs(&[("GET", "/users/:user-id")])).unwrap_err();
    let text = error.to_string();
    assert_eq!(
        text,
        "a parameter's name is letters, digits and \"_\", not first a digit: GET \
         /users/:user-id\n  /users/:user-id\n              ^"
    );
}

#[test]
fn routes_of_the_same_method_and_shape() {
    for (first, second, collides) in [
        (("GET", "/a"), ("GET", "/a"), true),
        (("GET", "/:a"), ("GET", "/:b"), true),
        (("GET", "/x/:a/y"), ("GET", "/x/:b/y"), true),
        (("GET", "/*a"), ("GET", "/*b"), true),
        (("GET", "/users"), ("GET", "/users/:id?"), true),
        (("GET", "/users/:x"), ("GET", "/users/:id?"), true),
        (("*", "/a"), ("*", "/a"), true),
        (("LOCK", "/a"), ("LOCK", "/a"), true),
        (("GET", "/a"), ("POST", "/a"), false),
        (("GET", "/a"), ("*", "/a"), false),
        (("GET", "/a"), ("GET", "/a/"), false),
        (("GET", "/:a"), ("GET", "/*a"), false),
        (("LOCK", "/a"), ("UNLOCK", "/a"), false),
        (("GET", "/:a"), ("POST", "/:b"), false),
    ] {
        match RouteTable::build(&specs(&[first, second])) {
            Ok(_) => assert!(!collides, "{first:?} {second:?}"),
            Err(error) => {
                assert!(collides, "{first:?} {second:?}");
                assert_eq!(error.kind, RouteErrorKind::DuplicateRoute);
                assert_eq!((error.method.as_str(), error.pattern.as_str()), second);
                let other = error.other.as_ref().expect("names the other");
                assert_eq!((other.0.as_str(), other.1.as_str()), first);
                let text = error.to_string();
                assert!(text.contains(first.1) && text.contains(second.1), "{text}");
            }
        }
    }
}

#[test]
fn methods_of_routes() {
    for method in ["", "GET POST", "GE\r\nT", "GET,POST", "é"] {
        let error = RouteTable::build(&specs(&[(method, "/")])).unwrap_err();
        assert_eq!(error.kind, RouteErrorKind::InvalidMethod);
    }
    let names: Vec<String> = (0..64).map(|n| format!("M{n}")).collect();
    let routes: Vec<_> = names.iter().map(|name| (name.as_str(), "/")).collect();
    assert!(RouteTable::build(&specs(&routes[..54])).is_ok());
    let error = RouteTable::build(&specs(&routes[..55])).unwrap_err();
    assert_eq!(error.kind, RouteErrorKind::TooManyMethods);
}
