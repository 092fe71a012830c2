"""Everything that people see of Parley on Slack: answers, streams, buttons, forms, the pane and App Home."""
