//! `seawall simulate --calibrate`: the whole page of `docs/reference/calibration.md`.

use std::io::Write;

use seawall_sim::{Bound, Era, Figure, VERSION};

use crate::command::{Ended, show};

/// What stands above the table.
const HEAD: &str = "\
# Calibration of the simulator

How near the simulated world comes to published figures. The whole page is made by a command, which takes half a
minute:

```
seawall simulate --calibrate > docs/reference/calibration.md
```

Worlds of networks are run under the policies of the studies and counted by their truth and their events. A figure is
met if what is achieved lies in the accepted range. Where that range comes from stands beside it: *study*: the study
itself names a range or a bound; *sample*: it is the 95 % interval of the study's sample; *ours*: the study names a
figure alone, and how near is near enough was chosen here. Intervals of what is achieved are Wilson's for shares, those of
order statistics for quantiles, and count what was simulated at one seed.

Figures of 2014 to 2019 of such networks are to be met. Those of another time or of other networks are wanted for their
form: what is not met of them is said, and is no failure. Ages at closing are of events alone: accounts that were still
open are not counted, in the published figures nor here, and no world here is older than its run. Days until given back
are of closings that were followed for 700 days, so none is cut off by the end of the run; the published ones were cut off
by the end of their collection.
";

/// Prints how near the simulator comes to published figures, as a page.
pub(super) fn print(seed: u64) -> anyhow::Result<Ended> {
    let figures = seawall_sim::calibrate(seed)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{HEAD}\nVersion {VERSION}, seed {seed}.\n")?;
    writeln!(
        out,
        "| figure | published | accepted | range | source | achieved | 95 % interval | counted | |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|")?;
    for figure in &figures {
        writeln!(out, "{}", row(figure))?;
    }
    let missed = figures.iter().filter(|f| f.era == Era::Studied && !f.is_met()).count() as u64;
    let form = figures.iter().filter(|f| f.era == Era::Form && !f.is_met()).count() as u64;
    writeln!(
        out,
        "\n{} of 2014 to 2019 not met; {} of another time or network not met.",
        show::counted(missed, "figure", "figures"),
        show::count(form)
    )?;
    Ok(if missed == 0 { Ended::Fine } else { Ended::Findings })
}

fn row(figure: &Figure) -> String {
    let met = match (figure.is_met(), figure.era) {
        (true, _) => "met",
        (false, Era::Studied) => "NOT MET",
        (false, Era::Form) => "not met; another time or network",
    };
    let bound = match figure.target.bound {
        Bound::Study => "study",
        Bound::Sample => "sample",
        Bound::Ours => "ours",
    };
    let (low, high) = figure.interval;
    format!(
        "| {} | {} | {} to {} | {bound} | {} | {:.3} | {low:.3} to {high:.3} | {} | {met} |",
        figure.target.what,
        figure.target.published,
        short(figure.target.range.0),
        short(figure.target.range.1),
        figure.target.source,
        figure.achieved,
        show::count(figure.counted as u64),
    )
}

/// A bound with no more places than it needs, at most three.
fn short(bound: f64) -> String {
    let text = format!("{bound:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
