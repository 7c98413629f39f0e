-- Who looks after one storage together is asked whenever something is placed on it.

CREATE INDEX services_by_cluster ON services (cluster_name) WHERE cluster_name IS NOT NULL;
