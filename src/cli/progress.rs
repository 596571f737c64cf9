//! Shows how far a long run is, where somebody is looking.

use std::env;
use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar on stderr; silent where stderr is no terminal or is asked to stay plain.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Starts a bar over `total` steps, or a spinner where the total is not known; `unit` names the steps.
    pub(crate) fn start(total: Option<u64>, unit: &'static str) -> Self {
        Self::on(target(&Surroundings::of_stderr()), total, unit)
    }

    /// Tells how many steps are done; cheap enough to call for each.
    pub(crate) fn set(&self, done: u64) {
        self.bar.set_position(done);
    }

    /// Says what is being done now: the case that runs.
    pub(crate) fn doing(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    fn on(target: ProgressDrawTarget, total: Option<u64>, unit: &str) -> Self {
        // The templates are fixed: were one wrong, a plain bar would do.
        let style =
            ProgressStyle::with_template(&template(total, unit)).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self { bar: ProgressBar::with_draw_target(total, target).with_style(style) }
    }
}

impl Drop for Progress {
    /// Leaves nothing behind, on an error neither: the report starts on a clean line.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn template(total: Option<u64>, unit: &str) -> String {
    match total {
        Some(_) => format!("{{bar:24}} {{human_pos}}/{{human_len}} {unit}  {{elapsed}}  {{wide_msg}}"),
        None => format!("{{spinner}} {{human_pos}} {unit}  {{elapsed}}  {{wide_msg}}"),
    }
}

/// What decides whether anybody wants to see a bar.
struct Surroundings {
    terminal: bool,
    no_color: bool,
    dumb: bool,
}

impl Surroundings {
    fn of_stderr() -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
            no_color: env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            dumb: env::var_os("TERM").is_some_and(|value| value == "dumb"),
        }
    }
}

fn target(surroundings: &Surroundings) -> ProgressDrawTarget {
    if surroundings.terminal && !surroundings.no_color && !surroundings.dumb {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    }
}

#[cfg(test)]
mod tests {
    use indicatif::{ProgressDrawTarget, ProgressStyle};

    use super::{Progress, Surroundings, target, template};

    #[test]
    fn a_bar_is_hidden_where_it_would_only_disturb() {
        for (terminal, no_color, dumb) in [(false, false, false), (true, true, false), (true, false, true)] {
            assert!(target(&Surroundings { terminal, no_color, dumb }).is_hidden());
        }
    }

    #[test]
    fn the_templates_are_well_formed() {
        for total in [None, Some(64)] {
            assert!(ProgressStyle::with_template(&template(total, "cases")).is_ok());
        }
    }

    #[test]
    fn a_hidden_bar_counts_all_the_same() {
        let progress = Progress::on(ProgressDrawTarget::hidden(), Some(64), "cases");
        progress.set(12);
        progress.doing("abort/locked-message");
        assert_eq!((progress.bar.position(), progress.bar.message()), (12, "abort/locked-message".to_owned()));
    }
}
