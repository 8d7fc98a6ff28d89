//! Many things at the same time, on all processors, where the feature `parallel` is on. What comes out
//! has the order of what went in, so nobody can tell how many threads there were. What is asked of types
//! does not depend on the feature.

/// How many things of a project are worth the start of threads. A run over one file starts none.
pub const ENOUGH: usize = 16;

/// Makes the thread that calls it one of those that work, which else waits for them, and has memory of its
/// own beside theirs. It is for a program that calls this module from no other thread, before it does.
#[cfg(feature = "parallel")]
pub fn take_part() {
    // Where there are threads already, it waits.
    let _ = rayon::ThreadPoolBuilder::new()
        .use_current_thread()
        .build_global();
}

/// Nothing: the thread that calls it does all work.
#[cfg(not(feature = "parallel"))]
pub fn take_part() {}

/// What `f` makes of each thing, where `enough` of them are worth the start of threads.
#[cfg(feature = "parallel")]
pub fn map<T: Sync, R: Send>(enough: usize, things: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
    if things.len() < enough {
        return things.iter().map(f).collect();
    }
    things.par_iter().map(&f).collect()
}

/// What `f` makes of each thing, which it may take apart. `enough` of them are worth the start of threads.
#[cfg(feature = "parallel")]
pub fn each<T: Send, R: Send>(enough: usize, things: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    if things.len() < enough {
        return things.into_iter().map(f).collect();
    }
    things.into_par_iter().map(&f).collect()
}

/// What both make, at the same time where there is `much` to do.
#[cfg(feature = "parallel")]
pub fn both<A: Send, B: Send>(
    much: bool,
    f: impl FnOnce() -> A + Send,
    g: impl FnOnce() -> B + Send,
) -> (A, B) {
    if much { rayon::join(f, g) } else { (f(), g()) }
}

/// What both make.
#[cfg(not(feature = "parallel"))]
pub fn both<A: Send, B: Send>(
    _: bool,
    f: impl FnOnce() -> A + Send,
    g: impl FnOnce() -> B + Send,
) -> (A, B) {
    (f(), g())
}

/// What `f` makes of each thing, where `enough` of them are worth the start of threads.
#[cfg(not(feature = "parallel"))]
pub fn map<T: Sync, R: Send>(_: usize, things: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    things.iter().map(f).collect()
}

/// What `f` makes of each thing, which it may take apart. `enough` of them are worth the start of threads.
#[cfg(not(feature = "parallel"))]
pub fn each<T: Send, R: Send>(_: usize, things: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    things.into_iter().map(f).collect()
}
