//! Shows what is wrong in a file that somebody wrote: the place, the line and what to do about it.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::spec::Problem;

/// Draws each problem at its place in `source`, in the order given, with a blank line between them.
///
/// It is coloured; an `anstream` writer takes the colours out where they do not belong.
pub(crate) fn render(file: &str, source: &str, problems: &[Problem]) -> String {
    let renderer = Renderer::styled();
    let mut text = String::new();
    for (at, problem) in problems.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        let snippet = Snippet::source(source)
            .path(file)
            .annotation(AnnotationKind::Primary.span(drawable(source, &problem.span)));
        let mut groups = vec![Level::ERROR.primary_title(&problem.message).element(snippet)];
        if let Some(help) = &problem.help {
            groups.push(Group::with_title(Level::HELP.secondary_title(help)));
        }
        text.push_str(&renderer.render(&groups));
        text.push('\n');
    }
    text
}

/// The span, within the source and on whole characters; a span over several lines is drawn on its first.
fn drawable(source: &str, span: &Range<usize>) -> Range<usize> {
    let start = source.floor_char_boundary(span.start);
    let end = source.ceil_char_boundary(span.end.max(start).min(source.len()));
    let line_end = source[start..].find('\n').map_or(source.len(), |len| start + len);
    start..end.min(line_end)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use anstream::adapter::strip_str;

    use super::render;
    use crate::spec::Problem;

    const SOURCE: &str = "id = \"open/locked\"\n[[step]]\nçall = \"open_entry\"\nexpect = \"MAPI_E_SUBMITED\"\n";

    fn problem(span: Range<usize>, message: &str, help: Option<&str>) -> Problem {
        Problem { span, message: message.to_owned(), help: help.map(str::to_owned) }
    }

    fn plain(source: &str, problems: &[Problem]) -> String {
        strip_str(&render("scenarios/open/locked.toml", source, problems)).to_string()
    }

    #[test]
    fn each_problem_shows_its_place_and_what_was_meant() {
        let name = SOURCE.find("\"MAPI").unwrap();
        let key = SOURCE.find("çall").unwrap();
        let problems = [
            problem(key..key + 5, "unknown key `çall`", None),
            problem(name..name + 17, "no HRESULT is named `MAPI_E_SUBMITED`", Some("did you mean `MAPI_E_SUBMITTED`?")),
        ];
        insta::assert_snapshot!(plain(SOURCE, &problems), @r#"
        error: unknown key `çall`
         --> scenarios/open/locked.toml:3:1
          |
        3 | çall = "open_entry"
          | ^^^^

        error: no HRESULT is named `MAPI_E_SUBMITED`
         --> scenarios/open/locked.toml:4:10
          |
        4 | expect = "MAPI_E_SUBMITED"
          |          ^^^^^^^^^^^^^^^^^
          |
        help: did you mean `MAPI_E_SUBMITTED`?
        "#);
    }

    #[test]
    fn a_span_over_several_lines_is_drawn_on_its_first() {
        let text = plain(SOURCE, &[problem(0..SOURCE.len(), "`provider` is missing", None)]);
        insta::assert_snapshot!(text, @r#"
        error: `provider` is missing
         --> scenarios/open/locked.toml:1:1
          |
        1 | id = "open/locked"
          | ^^^^^^^^^^^^^^^^^^
        "#);
    }

    #[test]
    fn a_span_that_is_no_place_is_drawn_at_the_nearest() {
        for span in [
            0..0,
            Range { start: 3, end: 1 },
            99..100,
            usize::MAX..usize::MAX,
            SOURCE.len()..SOURCE.len(),
            29..29,
            0..usize::MAX,
        ] {
            for source in ["", "\n", "ç", SOURCE] {
                let text = plain(source, &[problem(span.clone(), "something is missing", None)]);
                assert!(text.contains("something is missing"), "{span:?} in {source:?}: {text}");
                assert!(text.contains("scenarios/open/locked.toml:"), "{span:?} in {source:?}: {text}");
            }
        }
    }
}
