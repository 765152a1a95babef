def f(x)
  5
ensure
  exit!(0)
end
