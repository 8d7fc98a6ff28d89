//! Parallel iteration on all processors, if the feature `parallel` is enabled. Results are in the order of
//! the inputs, so that the number of threads is not observable. The trait bounds do not depend on the
//! feature.

/// The number of items of a project for which starting threads is worthwhile. A run with one file
/// starts none.
pub const ENOUGH: usize = 16;

/// The size of a thread's stack: that of the main thread, because a whole compilation can run on any thread.
#[cfg(feature = "parallel")]
const STACK: usize = 8 << 20;

/// Makes the calling thread part of the thread pool. Otherwise it would wait for the others, and reserve
/// memory in addition to theirs. Must be called before any other function of this module, in a program that
/// uses it from no other thread.
#[cfg(feature = "parallel")]
pub fn take_part() {
    // If there are threads already, it waits.
    let _ = rayon::ThreadPoolBuilder::new()
        .use_current_thread()
        .stack_size(STACK)
        .build_global();
}

/// Does nothing: the calling thread does all work.
#[cfg(not(feature = "parallel"))]
pub fn take_part() {}

/// The results of `f` for all items. Threads are used if there are at least `enough` items.
#[cfg(feature = "parallel")]
pub fn map<T: Sync, R: Send>(enough: usize, things: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
    if things.len() < enough {
        return things.iter().map(f).collect();
    }
    things.par_iter().map(&f).collect()
}

/// The results of `f` for all items, which it consumes. Threads are used if there are at least `enough`
/// items.
#[cfg(feature = "parallel")]
pub fn each<T: Send, R: Send>(enough: usize, things: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    if things.len() < enough {
        return things.into_iter().map(f).collect();
    }
    things.into_par_iter().map(&f).collect()
}

/// The results of both functions, in parallel if there is `much` to do.
#[cfg(feature = "parallel")]
pub fn both<A: Send, B: Send>(
    much: bool,
    f: impl FnOnce() -> A + Send,
    g: impl FnOnce() -> B + Send,
) -> (A, B) {
    if much { rayon::join(f, g) } else { (f(), g()) }
}

/// The results of both functions.
#[cfg(not(feature = "parallel"))]
pub fn both<A: Send, B: Send>(
    _: bool,
    f: impl FnOnce() -> A + Send,
    g: impl FnOnce() -> B + Send,
) -> (A, B) {
    (f(), g())
}

/// The results of `f` for all items. Threads are used if there are at least `enough` items.
#[cfg(not(feature = "parallel"))]
pub fn map<T: Sync, R: Send>(_: usize, things: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    things.iter().map(f).collect()
}

/// The results of `f` for all items, which it consumes. Threads are used if there are at least `enough`
/// items.
#[cfg(not(feature = "parallel"))]
pub fn each<T: Send, R: Send>(_: usize, things: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    things.into_iter().map(f).collect()
}
