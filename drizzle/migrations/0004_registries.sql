CREATE TABLE `registry_credentials` (
	`host` text PRIMARY KEY NOT NULL,
	`username` text NOT NULL,
	`ciphertext` text NOT NULL,
	`description` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
