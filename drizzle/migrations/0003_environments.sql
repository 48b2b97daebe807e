CREATE TABLE `environment_versions` (
	`name` text NOT NULL,
	`version` text NOT NULL,
	`anonymous` integer NOT NULL,
	`definition` text NOT NULL,
	`description` text NOT NULL,
	`tags` text NOT NULL,
	`properties` text NOT NULL,
	`build_number` integer NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`name`, `version`)
);
