//! Many files at the same time, on all processors, where the feature `parallel` is on. What comes out
//! has the order of what went in.

/// How many files are worth the start of threads.
#[cfg(feature = "parallel")]
const ENOUGH: usize = 64;

/// What `f` makes of each thing.
#[cfg(feature = "parallel")]
pub(crate) fn map<T: Sync, R: Send>(things: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
    if things.len() < ENOUGH {
        return things.iter().map(f).collect();
    }
    things.par_iter().map(&f).collect()
}

/// What `f` makes of each thing, which it may take apart.
#[cfg(feature = "parallel")]
pub(crate) fn each<T: Send, R: Send>(things: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    if things.len() < ENOUGH {
        return things.into_iter().map(f).collect();
    }
    things.into_par_iter().map(&f).collect()
}

/// What `f` makes of each thing.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<T, R>(things: &[T], f: impl Fn(&T) -> R) -> Vec<R> {
    things.iter().map(f).collect()
}

/// What `f` makes of each thing, which it may take apart.
#[cfg(not(feature = "parallel"))]
pub(crate) fn each<T, R>(things: Vec<T>, f: impl Fn(T) -> R) -> Vec<R> {
    things.into_iter().map(f).collect()
}
