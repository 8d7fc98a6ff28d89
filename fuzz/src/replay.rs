//! Runs each fuzz target on the files of its corpus, if there is no C++ compiler to build the
//! fuzzer.

use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, run) in score_fuzz::TARGETS_BY_NAME {
        let mut count = 0;
        for entry in fs::read_dir(corpus.join(name))? {
            let path = entry?.path();
            println!("{name}: {}", path.display());
            run(&fs::read(&path)?);
            count += 1;
        }
        println!("{name}: {count} files");
    }
    Ok(())
}
