//! Replays the corpus of the fuzz targets: what was once found stays found.

mod properties;

use std::path::Path;

/// Targets and how many inputs each may hold, so that the corpus stays readable.
const TARGETS: [&str; 6] =
    ["canonical", "cloudevents", "jetstream_v1", "jetstream_v2", "table", "records"];
const INPUTS_MAX: usize = 60;

#[test]
fn every_input_of_the_corpus_holds_its_property() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for target in TARGETS {
        let mut inputs: Vec<_> = std::fs::read_dir(corpus.join(target))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        inputs.sort();
        assert!((3..INPUTS_MAX).contains(&inputs.len()), "{target}: {} inputs", inputs.len());
        for input in inputs {
            assert!(properties::check(target, &std::fs::read(&input).unwrap()), "{target}");
        }
    }
}
