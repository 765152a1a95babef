// must: compile_error|runtime_error|wrong_answer

