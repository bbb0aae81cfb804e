#pragma once

/// Compiles a function several times, for AVX-512, for AVX2 with FMA, and for any x86-64; the loader picks
/// one for the processor. For functions outside templates and headers that hold plain loops; what they call
/// must be ORRERY_INLINE to be compiled with them. Sanitizers start too late for the loader's choice: they
/// get one. Where functions of one name are written for one processor each, the loader picks in the same way.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define ORRERY_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define ORRERY_CHOOSES_PROCESSOR
#define ORRERY_FOR_AVX512 __attribute__((target("arch=x86-64-v4")))
#define ORRERY_FOR_AVX2 __attribute__((target("arch=x86-64-v3")))
#define ORRERY_FOR_ANY __attribute__((target("default")))
#else
#define ORRERY_CLONES
#endif

#define ORRERY_INLINE __attribute__((always_inline)) inline
