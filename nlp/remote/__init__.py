"""Models that another program serves: where texts may go, how a server is asked, and what is accepted back."""
