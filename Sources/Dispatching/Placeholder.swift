// NOTE (lead): the module and folder are called `Dispatching`, because a module named Dispatch collides with
// libdispatch ("circular dependency between modules 'Dispatch' and 'Foundation'"). Tests/DispatchTests -> DispatchingTests.
// Use target name "Dispatching" in your mini package, path Sources/Dispatching. Delete this file when you add real ones.
