PRAGMA user_version = 4;
PRAGMA application_id = 1802265954;
BEGIN TRANSACTION;
CREATE TABLE attempts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, study INTEGER NOT NULL, trial TEXT NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', validation TEXT, test TEXT, history TEXT,
  epochs INTEGER, examples INTEGER, seconds REAL, versions TEXT, started TEXT NOT NULL, finished TEXT,
  checksum TEXT, training TEXT,
  FOREIGN KEY (study, trial) REFERENCES trials ON DELETE CASCADE
);
INSERT INTO "attempts" VALUES(1,1,'c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0','ok','','replayed from t.csv','{"loss":1.0041810630738088}',NULL,'[]',0,0,1.96069099979467864613e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.400+00:00','2026-11-29T23:51:38.403+00:00','b10941e9a33f90a09b07718be4eef11f',NULL);
INSERT INTO "attempts" VALUES(2,1,'cfa675b1e637be121b5e204a62c90a981d81a50c102f099234848a4222d4f63f','ok','','replayed from t.csv','{"loss":1.0041810630738088}',NULL,'[]',0,0,2.71996299989041290245e-03,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.404+00:00','2026-11-29T23:51:38.407+00:00','bcf2a0078bd1c58eb006b7cbcab38c0a',NULL);
INSERT INTO "attempts" VALUES(3,1,'e67ac851ac30490a8fbc4ee6d44e2e48a0a200ca88b0a8cc907cdf1bb091176f','ok','','replayed from t.csv','{"loss":1.0081810630738088}','{"loss":1.0181810630738088}','[]',0,0,8.03244000053382478654e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.415+00:00','2026-11-29T23:51:38.416+00:00','544cd5886e07a78f9bbea0a4e9a82367',NULL);
INSERT INTO "attempts" VALUES(4,1,'8396687981e3d414ca0cfe84f831e14c65bb92aceb09abaed7722715e390e748','ok','','replayed from t.csv','{"loss":1.0121810630738088}','{"loss":1.0221810630738088}','[]',0,0,7.16996999926777789369e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.423+00:00','2026-11-29T23:51:38.424+00:00','57e624087444fa467b18728a581db24d',NULL);
INSERT INTO "attempts" VALUES(5,1,'680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4','ok','','replayed from t.csv','{"loss":0.7613205195495685}',NULL,'[]',0,0,6.01449999976466642692e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.425+00:00','2026-11-29T23:51:38.426+00:00','d616799739299b0d843cea206fef0461',NULL);
INSERT INTO "attempts" VALUES(6,1,'4891eeb9c4e6b4b344963e676bbbe1f245d70c29db2bfc7139317bc21dd4077c','ok','','replayed from t.csv','{"loss":0.8513205195495684}',NULL,'[]',0,0,5.78947000121843302622e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.435+00:00','2026-11-29T23:51:38.436+00:00','ba9a52e4c9707f7fa6102fc3a3f49986',NULL);
INSERT INTO "attempts" VALUES(7,1,'9836c83fd2aca27099d3dd6ced3df18a0cc76a6a35ef848296f20ab6c23aa914','ok','','replayed from t.csv','{"loss":0.7653205195495685}','{"loss":0.7753205195495685}','[]',0,0,0.000668391000090196,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.443+00:00','2026-11-29T23:51:38.444+00:00','8a5394a703301c04567514c0c70dd010',NULL);
INSERT INTO "attempts" VALUES(8,1,'f1b70152df071346c6f9e57a9b9b1e87777176e39522d7c9547c897694112fc2','ok','','replayed from t.csv','{"loss":0.7693205195495685}','{"loss":0.7793205195495685}','[]',0,0,6.60467999978209263645e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.447+00:00','2026-11-29T23:51:38.448+00:00','f489a6a2ad6d4a8f5abe69640ecec120',NULL);
INSERT INTO "attempts" VALUES(9,1,'d122aa804d426730dd8fb0612eaa1db99223e454d4983f5d22139755b129d277','ok','','replayed from t.csv','{"loss":0.7271591767636877}',NULL,'[]',0,0,0.000589918999821748,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.451+00:00','2026-11-29T23:51:38.452+00:00','9223f40922d3a500ee670dc0ba44130e',NULL);
INSERT INTO "attempts" VALUES(10,1,'21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d','ok','','replayed from t.csv','{"loss":0.6371591767636877}',NULL,'[]',0,0,5.37575000180368078872e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.455+00:00','2026-11-29T23:51:38.456+00:00','eef0ac3f14f13aff9850d01f8fd2e4ec',NULL);
INSERT INTO "attempts" VALUES(11,1,'ff32621c02c30c7c258759920e86908b55457af48479fbb2d005befea57eed24','ok','','replayed from t.csv','{"loss":0.6411591767636877}','{"loss":0.6511591767636877}','[]',0,0,5.76872000010553165338e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.463+00:00','2026-11-29T23:51:38.464+00:00','cbce00cbd85cfec1d9e305e2774510c9',NULL);
INSERT INTO "attempts" VALUES(12,1,'0e42e58b5d241df1f15f8219bfec91deb5e6516b5871f37a28a761d07e50542e','ok','','replayed from t.csv','{"loss":0.6451591767636877}','{"loss":0.6551591767636877}','[]',0,0,5.86335999969378462992e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.467+00:00','2026-11-29T23:51:38.468+00:00','8535d2511f8b4f6eaa4ae5a7d7a8c1c5',NULL);
INSERT INTO "attempts" VALUES(13,1,'6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b','ok','','replayed from t.csv','{"loss":0.5363088285510481}',NULL,'[]',0,0,0.000583977000133018,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.471+00:00','2026-11-29T23:51:38.472+00:00','134465e6050a722c87f2b1b13c87b379',NULL);
INSERT INTO "attempts" VALUES(14,1,'a6f884611685741ca835b952e1b94e2aa3c0e7e9c7d8660ae28545b9a58fdadd','ok','','replayed from t.csv','{"loss":0.6263088285510481}',NULL,'[]',0,0,5.76838000142743112519e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.475+00:00','2026-11-29T23:51:38.476+00:00','7f291dfc5cfd87cbd829737ec6050d0d',NULL);
INSERT INTO "attempts" VALUES(15,1,'badd5bdd3f523de7ee9721f7a4cfc1ed405766c912df257588079d281997aaa4','ok','','replayed from t.csv','{"loss":0.5403088285510481}','{"loss":0.5503088285510481}','[]',0,0,0.000734147999992274,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.487+00:00','2026-11-29T23:51:38.488+00:00','dd5ad53fed8a59cdfa7a0f30f712cc88',NULL);
INSERT INTO "attempts" VALUES(16,1,'5eab6add3a3702398d89516b50f41832e2ec60d31381aaf957750299b172a83b','ok','','replayed from t.csv','{"loss":0.5443088285510481}','{"loss":0.5543088285510481}','[]',0,0,6.3211300016519089695e-04,'{"kleiber":"0.1.0","numpy":"2.4.6","python":"3.11.7"}','2026-11-29T23:51:38.491+00:00','2026-11-29T23:51:38.492+00:00','802f712b9290b5b8566373b9cfb5405a',NULL);
CREATE TABLE marks (mark TEXT NOT NULL);
INSERT INTO "marks" VALUES('edc8322ed70c2cf9');
CREATE TABLE rungs (
  study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE, n INTEGER NOT NULL, replicate INTEGER NOT NULL,
  subset TEXT NOT NULL, overlap REAL NOT NULL, PRIMARY KEY (study, n, replicate)
);
INSERT INTO "rungs" VALUES(1,20,1,'1c29bc044b90f9d240c471a29761d0a5',0.0);
INSERT INTO "rungs" VALUES(1,20,2,'b6399436c75595f0a9a4584dae764fff',0.0);
INSERT INTO "rungs" VALUES(1,40,1,'4d6ef8a41c305077f52c54485660c632',0.05);
INSERT INTO "rungs" VALUES(1,40,2,'f17d38d5e83c490d7af30448b48fcf04',0.05);
INSERT INTO "rungs" VALUES(1,80,1,'22b5e49d0a6bff34eb3a359a99c0cb81',0.1875);
INSERT INTO "rungs" VALUES(1,80,2,'b52c58422f8833f1adfe3de41883ca0c',0.1875);
INSERT INTO "rungs" VALUES(1,160,1,'285d578774bc98389ecb6232870fc028',0.3875);
INSERT INTO "rungs" VALUES(1,160,2,'16311e2bdccadf292164337b13f00096',0.3875);
INSERT INTO "rungs" VALUES(1,20,0,'08eee4703e3499119fb3c4692a929d79',0.0);
INSERT INTO "rungs" VALUES(1,40,0,'b1221c2830c5bc12ce55b30c451574bb',0.0);
INSERT INTO "rungs" VALUES(1,80,0,'c4b8e198148f6614757d412fe313354c',0.0);
INSERT INTO "rungs" VALUES(1,160,0,'eae2d3e1e1a1090c5f17f8a394ae2670',0.0);
CREATE TABLE studies (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, hash TEXT NOT NULL, identity TEXT NOT NULL,
  description TEXT NOT NULL, data TEXT NOT NULL, created TEXT NOT NULL, holder TEXT NOT NULL DEFAULT ''
);
INSERT INTO "studies" VALUES(1,'s','6224d6e30a58099a6fbf5f6527620e1f13107346d11e747a8948b8c899474128','{"data":"e50aa9ed2798820ec7a18905708a0235ea754504ed4efff45236a54e49fa6f22","diverged_above":100.0,"metric":"loss","metrics":[],"net":"lenet","params":{},"search":{"generation":5,"keep":0.3,"sampler":"random","space":{"lr":[0.01,0.1]},"stages":[],"warm_start":false},"seed":0,"trainer":"replay","training":{"seconds":0.0,"table":"t.csv"}}','{"besides":0.0,"data":{"examples":400,"source":"blank"},"diverged_above":100.0,"keep_weights":false,"max_n":null,"memory_gb":null,"metric":"loss","metrics":[],"name":"s","net":"lenet","params":{},"replicates":2,"search":{"generation":5,"keep":0.3,"pilot":0,"sampler":"random","space":{"lr":[0.01,0.1]},"stages":[],"trials":2,"warm_start":false},"seed":0,"seeds_per_subset":1,"sizes":[20,40,80,160],"timeout":null,"trainer":"replay","training":{"table":"t.csv"}}','{"chance":{},"classes":0,"fingerprint":"e50aa9ed2798820ec7a18905708a0235ea754504ed4efff45236a54e49fa6f22","name":"blank","notes":["the examples are blank: nothing can be learnt from them"],"shape":[1],"task":"regression","test":1,"train":400,"unit":"","validation":1}','2026-11-29T23:51:38+00:00','process 5248 on vm, since 2026-11-29T23:51:38+00:00');
CREATE TABLE trials (
  study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE, id TEXT NOT NULL, purpose TEXT NOT NULL,
  n INTEGER NOT NULL, replicate INTEGER NOT NULL, number INTEGER NOT NULL, seed INTEGER NOT NULL,
  params TEXT NOT NULL, parent TEXT, until INTEGER, checksum TEXT, PRIMARY KEY (study, id)
);
INSERT INTO "trials" VALUES(1,'c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0','search',20,0,0,950571230501138883,'{"lr":0.01}',NULL,NULL,'945af4b304fb9abafec533b5f9cab517');
INSERT INTO "trials" VALUES(1,'cfa675b1e637be121b5e204a62c90a981d81a50c102f099234848a4222d4f63f','search',20,0,1,4985073743553147588,'{"lr":0.01}',NULL,NULL,'a5e0ac35bff7c442def8244a3a85fb68');
INSERT INTO "trials" VALUES(1,'e67ac851ac30490a8fbc4ee6d44e2e48a0a200ca88b0a8cc907cdf1bb091176f','score',20,1,0,1425356035985454837,'{"lr":0.01}','c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0',NULL,'d32a6185181d68ca56bf95b0e77d50b9');
INSERT INTO "trials" VALUES(1,'8396687981e3d414ca0cfe84f831e14c65bb92aceb09abaed7722715e390e748','score',20,2,0,179706312961301156,'{"lr":0.01}','c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0',NULL,'c25413db67764122183cbf2b553ebd3c');
INSERT INTO "trials" VALUES(1,'680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4','search',40,0,0,1499265342640144554,'{"lr":0.1}',NULL,NULL,'0d78a6a55b077d0d47033db91af694fa');
INSERT INTO "trials" VALUES(1,'4891eeb9c4e6b4b344963e676bbbe1f245d70c29db2bfc7139317bc21dd4077c','search',40,0,1,2039111078144520790,'{"lr":0.01}',NULL,NULL,'c81ecd36ab8593108bb9b78b422ed74e');
INSERT INTO "trials" VALUES(1,'9836c83fd2aca27099d3dd6ced3df18a0cc76a6a35ef848296f20ab6c23aa914','score',40,1,0,2251421818841656371,'{"lr":0.1}','680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4',NULL,'f9de1f74b95c85b64ddd4ac79c380e76');
INSERT INTO "trials" VALUES(1,'f1b70152df071346c6f9e57a9b9b1e87777176e39522d7c9547c897694112fc2','score',40,2,0,7955468434933871777,'{"lr":0.1}','680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4',NULL,'cf558f5eed4ef280b6d313c060f41dd6');
INSERT INTO "trials" VALUES(1,'d122aa804d426730dd8fb0612eaa1db99223e454d4983f5d22139755b129d277','search',80,0,0,8297496355627272752,'{"lr":0.01}',NULL,NULL,'b99603b13f11fbc7dc1c8c026ceffeec');
INSERT INTO "trials" VALUES(1,'21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d','search',80,0,1,1809528828584268310,'{"lr":0.1}',NULL,NULL,'44a84f6db91a577a71511f319a0e0d7e');
INSERT INTO "trials" VALUES(1,'ff32621c02c30c7c258759920e86908b55457af48479fbb2d005befea57eed24','score',80,1,0,1242017730280604040,'{"lr":0.1}','21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d',NULL,'7a52be075b98870ecad387f0bb28cb8b');
INSERT INTO "trials" VALUES(1,'0e42e58b5d241df1f15f8219bfec91deb5e6516b5871f37a28a761d07e50542e','score',80,2,0,1218008887829005484,'{"lr":0.1}','21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d',NULL,'7a4b6f0362094c8565adce4261a5a765');
INSERT INTO "trials" VALUES(1,'6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b','search',160,0,0,4655525667110294952,'{"lr":0.1}',NULL,NULL,'76780d6bdb53c8094e204e6d41e2e01b');
INSERT INTO "trials" VALUES(1,'a6f884611685741ca835b952e1b94e2aa3c0e7e9c7d8660ae28545b9a58fdadd','search',160,0,1,3337641992998112834,'{"lr":0.01}',NULL,NULL,'8f04bc709a23f48a268a53c4c00fefe6');
INSERT INTO "trials" VALUES(1,'badd5bdd3f523de7ee9721f7a4cfc1ed405766c912df257588079d281997aaa4','score',160,1,0,1936847085892019860,'{"lr":0.1}','6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b',NULL,'c56e3d09fb7c7143ac3be31fef0fb227');
INSERT INTO "trials" VALUES(1,'5eab6add3a3702398d89516b50f41832e2ec60d31381aaf957750299b172a83b','score',160,2,0,7813086702317676451,'{"lr":0.1}','6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b',NULL,'18860941f4dd80b180ebb0fceccee7c2');
CREATE TABLE winners (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE,
  n INTEGER NOT NULL, trials INTEGER NOT NULL, trial TEXT, at_edge TEXT NOT NULL, checksum TEXT,
  UNIQUE (study, n, trials, trial)
);
INSERT INTO "winners" VALUES(1,1,20,2,'c2280eaa4984542a70463f8761e9e014fb5e389dbabc9197acc93f1fd2af05a0','[]','3ab85db1062c593d28e063d03ad0a142');
INSERT INTO "winners" VALUES(2,1,40,2,'680b7c6b3739e7a1868e3348dc4f6f19003d69e4c1a0d87c0805dd4e9194d4e4','[]','b8c2021c52697d7406e8269d1aa19195');
INSERT INTO "winners" VALUES(3,1,80,2,'21b7e2ddf01b6d2ee5e26d8d4ab34fd5111e942469358876f2c4cbf2a4f5d26d','[]','e5dae4b296e6aaae9d68041d35777942');
INSERT INTO "winners" VALUES(4,1,160,2,'6aea060ed33ecdbef5a1e3da0ac2f6c6e00e6c425e19a1cac5559b9421da975b','[]','824773bcb0db46c3b7337e89317c4ae0');
CREATE UNIQUE INDEX one_result ON attempts (study, trial) WHERE state IN ('ok', 'diverged');
CREATE INDEX attempts_of_a_study ON attempts (study, trial);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('attempts',16);
INSERT INTO "sqlite_sequence" VALUES('winners',4);
COMMIT;
