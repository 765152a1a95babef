# must: time_limit; wall 1
sleep 60
