BEGIN TRANSACTION;
CREATE TABLE datasets (
	id VARCHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	filename TEXT NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	mapping JSON NOT NULL, 
	created DATETIME NOT NULL, 
	deleted DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (fingerprint)
);
INSERT INTO "datasets" VALUES('d1','June','june.csv','ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','{"columns": {"gmv": "\u652f\u4ed8\u91d1\u989d"}, "options": {}}','2026-01-02 03:04:05.000000',NULL);
CREATE TABLE jobs (
	id VARCHAR(32) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	request JSON NOT NULL, 
	stage TEXT NOT NULL, 
	fraction FLOAT NOT NULL, 
	detail TEXT NOT NULL, 
	message JSON, 
	pid INTEGER, 
	cancel_asked DATETIME, 
	result_id VARCHAR(32), 
	created DATETIME NOT NULL, 
	started DATETIME, 
	updated DATETIME NOT NULL, 
	finished DATETIME, 
	PRIMARY KEY (id)
);
CREATE TABLE models (
	id VARCHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	dataset_id VARCHAR(32), 
	settings JSON NOT NULL, 
	summary JSON NOT NULL, 
	created DATETIME NOT NULL, 
	deleted DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(dataset_id) REFERENCES datasets (id)
);
INSERT INTO "models" VALUES('m1','June','d1','{"models": ["gbm"], "horizon": null, "seed": 0, "folds": 3, "n_samples": 200, "quick": true, "threads": 2}','{"serves": "gbm"}','2026-01-02 03:04:05.000000',NULL);
CREATE TABLE scenario_versions (
	scenario_id VARCHAR(32) NOT NULL, 
	version INTEGER NOT NULL, 
	content JSON NOT NULL, 
	created DATETIME NOT NULL, 
	PRIMARY KEY (scenario_id, version), 
	FOREIGN KEY(scenario_id) REFERENCES scenarios (id)
);
INSERT INTO "scenario_versions" VALUES('s1',1,'{"name": "618", "horizon": null, "campaigns": [{"series": {"segment": ["vip"]}, "start": "2026-06-01", "end": "2026-06-07", "promo_type": null, "discount_depth": 0.1, "ad_spend": 0.0}]}','2026-01-02 03:04:05.000000');
INSERT INTO "scenario_versions" VALUES('s1',2,'{"name": "618", "horizon": null, "campaigns": [{"series": {"segment": ["vip"]}, "start": "2026-06-01", "end": "2026-06-07", "promo_type": null, "discount_depth": 0.3, "ad_spend": 0.0}]}','2026-01-02 03:04:05.000000');
CREATE TABLE scenarios (
	id VARCHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	dataset_id VARCHAR(32), 
	model_id VARCHAR(32), 
	version INTEGER NOT NULL, 
	created DATETIME NOT NULL, 
	updated DATETIME NOT NULL, 
	deleted DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(dataset_id) REFERENCES datasets (id), 
	FOREIGN KEY(model_id) REFERENCES models (id)
);
INSERT INTO "scenarios" VALUES('s1','618','d1','m1',2,'2026-01-02 03:04:05.000000','2026-01-02 03:04:05.000000',NULL);
CREATE TABLE schema_version (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(1);
CREATE TABLE settings (
	"key" VARCHAR(120) NOT NULL, 
	value JSON, 
	PRIMARY KEY ("key")
);
INSERT INTO "settings" VALUES('served_model','"m1"');
CREATE UNIQUE INDEX one_active_job_per_kind ON jobs (kind) WHERE state IN ('queued', 'running');
COMMIT;
